import { isUtf8 } from 'node:buffer'
import { BodyMalformedError } from '../errors.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENERS: readonly number[] = [0x5b, 0x7b]
const CLOSERS: readonly number[] = [0x5d, 0x7d]
/** Names that would reach an object's prototype if a body were ever merged into another object. */
const FORBIDDEN_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype']

/**
 * Reads a body. Its depth is measured before it's parsed, so that no body can cost more than its length.
 *
 * @throws BodyMalformedError if it isn't UTF-8, isn't JSON, is nested too deep, or has a name that reaches a prototype.
 */
export function readJson(bytes: Uint8Array, depthMax: number): unknown {
  if (bytes.length === 0) throw new BodyMalformedError('it is empty')
  if (!isUtf8(bytes)) throw new BodyMalformedError('it is not in UTF-8')
  if (jsonDepth(bytes) > depthMax) throw new BodyMalformedError(`it has more than ${depthMax} levels`)
  const value = parse(bytes)
  refuseForbiddenNames(value)
  return value
}

/** Levels of arrays and objects, by brackets outside of strings. */
export function jsonDepth(bytes: Uint8Array): number {
  let depth = 0
  let deepest = 0
  let isInString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (isInString) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) isInString = false
    } else if (byte === QUOTE) {
      isInString = true
    } else if (OPENERS.includes(byte)) {
      depth++
      if (depth > deepest) deepest = depth
    } else if (CLOSERS.includes(byte)) {
      depth--
    }
  }
  return deepest
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch {
    throw new BodyMalformedError('it is not JSON')
  }
}

function refuseForbiddenNames(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, field] of Object.entries(value)) {
    if (FORBIDDEN_NAMES.includes(name)) throw new BodyMalformedError(`it has a field named ${name}`)
    refuseForbiddenNames(field)
  }
}
