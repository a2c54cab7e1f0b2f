import { isUtf8 } from 'node:buffer'
import { GatewayBodyMalformedError } from '../gateway-errors.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENERS: readonly number[] = [0x5b, 0x7b]
const CLOSERS: readonly number[] = [0x5d, 0x7d]

/**
 * Reads a body. Its depth is measured before it is parsed, so that no body can cost more than its length.
 *
 * @throws GatewayBodyMalformedError if it isn't a JSON object in UTF-8, or is nested too deep.
 */
export function readJson(bytes: Uint8Array, depthMax: number): Readonly<Record<string, unknown>> {
  if (bytes.length === 0) throw new GatewayBodyMalformedError('it is empty')
  if (!isUtf8(bytes)) throw new GatewayBodyMalformedError('it is not in UTF-8')
  if (jsonDepth(bytes) > depthMax) throw new GatewayBodyMalformedError(`it has more than ${depthMax} levels`)
  const value = parse(bytes)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new GatewayBodyMalformedError('it is not an object')
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
      deepest = Math.max(deepest, ++depth)
    } else if (CLOSERS.includes(byte)) {
      depth--
    }
  }
  return deepest
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new GatewayBodyMalformedError('it is not JSON')
  }
}
