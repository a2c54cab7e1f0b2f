import { base64urlnopad, hex } from '@scure/base'
import { InvalidValueError } from '@shardline/core'

const encoder = new TextEncoder()

/** UTF-8 of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** All parts in a row. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Whether both hold the same bytes. Only for public values: it stops at the first difference. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** Whether both hold the same bytes, in a time that doesn't tell where they differ. */
export function isSameSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0)
  return difference === 0
}

/** Bytes in hex, in lower case. */
export function toHex(bytes: Uint8Array): string {
  return hex.encode(bytes)
}

/** The bytes of a text in lower-case hex; undefined if it is none, or not of `length` bytes. */
export function fromHex(text: string, length?: number): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return undefined
  const bytes = hex.decode(text)
  return length === undefined || bytes.length === length ? bytes : undefined
}

/** `value` as 4 bytes, the highest first. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** Base64 for addresses (RFC 4648, section 5) without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes)
}

/** The bytes of such a text; undefined if it is none, or not of `length` bytes. One value has exactly one text. */
export function fromBase64Url(text: string, length?: number): Uint8Array | undefined {
  let bytes: Uint8Array
  try {
    bytes = base64urlnopad.decode(text)
  } catch {
    return undefined
  }
  const isWhole = length === undefined || bytes.length === length
  return isWhole && base64urlnopad.encode(bytes) === text ? bytes : undefined
}

/** @throws InvalidValueError if `bytes` isn't `length` bytes long. */
export function requireLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new InvalidValueError(`${what} has ${bytes.length} bytes; it must have ${length}`)
}
