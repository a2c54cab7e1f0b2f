import { utf8 } from './bytes.ts'
import { NotCanonicalError } from './errors.ts'
import { SIGNED_BYTES_MAX, SIGNED_DEPTH_MAX } from './limits.ts'

/** What JSON can say. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** Limits of {@link canonicalJson}. */
export interface CanonicalOptions {
  /** @default SIGNED_BYTES_MAX */
  readonly bytesMax?: number
  /** @default SIGNED_DEPTH_MAX */
  readonly depthMax?: number
}

/**
 * The canonical bytes of a value (RFC 8785, JSON Canonicalization Scheme): no white space, keys in order of their UTF-16
 * code units, numbers and strings as ECMAScript writes them. Equal values have equal bytes, whoever wrote them.
 *
 * @throws NotCanonicalError for what JSON can't say without loss: undefined, NaN, infinities, bigint, lone surrogates,
 * objects of a class; and over the limits.
 */
export function canonicalJson(value: JsonValue, options: CanonicalOptions = {}): Uint8Array {
  const bytes = utf8(write(value, options.depthMax ?? SIGNED_DEPTH_MAX))
  const bytesMax = options.bytesMax ?? SIGNED_BYTES_MAX
  if (bytes.length > bytesMax) {
    throw new NotCanonicalError(`it has ${bytes.length} bytes, at most ${bytesMax} are allowed`)
  }
  return bytes
}

function write(value: unknown, depthLeft: number): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value === 'string') return writeString(value)
  if (typeof value !== 'object') throw new NotCanonicalError(`JSON has no ${typeof value}`)
  if (depthLeft === 0) throw new NotCanonicalError('it is nested too deep')
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item) => write(item, depthLeft - 1)).join(',')}]`
  }
  return writeObject(value, depthLeft)
}

function writeObject(value: object, depthLeft: number): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotCanonicalError('an object of a class has no JSON')
  }
  // `<` compares UTF-16 code units, which is the order that the standard asks for.
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${writeString(key)}:${write(member, depthLeft - 1)}`)
  return `{${members.join(',')}}`
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new NotCanonicalError(`JSON has no ${value}`)
  return JSON.stringify(value)
}

function writeString(value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw new NotCanonicalError('a text holds half of a surrogate pair')
  return JSON.stringify(value)
}
