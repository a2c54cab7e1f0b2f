import { JsonInvalidError } from './errors.ts'
import { JSON_DEPTH_MAX } from './limits.ts'

/** What JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/**
 * Parses a JSON object that a stranger wrote.
 *
 * `JSON.parse` keeps the last of two equal keys in silence, and two readers of one file may disagree on it; here that is an error.
 *
 * @param source What is parsed, for messages.
 * @throws JsonInvalidError if it is no JSON object, is nested deeper than JSON_DEPTH_MAX, or an object has a key twice.
 */
export function parseJsonObject(text: string, source: string): JsonObject {
  checkStructure(text, source)
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch (cause) {
    throw new JsonInvalidError(source, 'it does not parse', cause)
  }
  if (!isJsonObject(value)) throw new JsonInvalidError(source, 'it is no object')
  return value
}

/** Whether a value is an object and no array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One pass over strings and brackets, before anything is built: depth and repeated keys. What it lets pass may still be no JSON. */
function checkStructure(text: string, source: string): void {
  const keysOf: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '{' || character === '[') {
      if (keysOf.length >= JSON_DEPTH_MAX)
        throw new JsonInvalidError(source, `it is nested deeper than ${JSON_DEPTH_MAX} levels`)
      keysOf.push(character === '{' ? new Set() : undefined)
    } else if (character === '}' || character === ']') keysOf.pop()
    else if (character === '"') {
      const end = stringEnd(text, at, source)
      if (isFollowedByColon(text, end)) noteKey(keysOf.at(-1), text.slice(at, end), source)
      at = end - 1
    }
  }
}

/** The offset behind the string that starts at `start`: behind the next quote with an even number of backslashes before it. */
function stringEnd(text: string, start: number, source: string): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text.charAt(quote - 1 - backslashes) === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
  throw new JsonInvalidError(source, 'a string does not end')
}

function isFollowedByColon(text: string, at: number): boolean {
  let next = at
  while (next < text.length && text.charCodeAt(next) <= 32) next++
  return text.charAt(next) === ':'
}

function noteKey(keys: Set<string> | undefined, quoted: string, source: string): void {
  const key = quoted.includes('\\') ? unescaped(quoted) : quoted
  if (keys?.has(key) === true) throw new JsonInvalidError(source, `it has the key ${key.slice(0, 100)} twice`)
  keys?.add(key)
}

/** The same string without needless escapes; a broken one as it is, the parser names it. */
function unescaped(quoted: string): string {
  try {
    return JSON.stringify(JSON.parse(quoted))
  } catch {
    return quoted
  }
}
