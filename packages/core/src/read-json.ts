const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENERS: readonly number[] = [0x5b, 0x7b]
const CLOSERS: readonly number[] = [0x5d, 0x7d]

/** What bytes hold, or what is wrong with them, as the end of a sentence: `it is empty`. */
export type ReadJson = { readonly value: unknown } | { readonly wrong: string }

/**
 * Reads JSON that a stranger sent. Its depth is measured before it is parsed, so that no text can cost more than its
 * length. A byte order mark is passed over (RFC 8259, section 8.1).
 */
export function readJson(bytes: Uint8Array, depthMax: number): ReadJson {
  if (bytes.length === 0) return { wrong: 'it is empty' }
  const text = decode(bytes)
  if (text === undefined) return { wrong: 'it is not in UTF-8' }
  if (jsonDepth(bytes) > depthMax) return { wrong: `it has more than ${depthMax} levels` }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { wrong: 'it is not JSON' }
  }
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

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
