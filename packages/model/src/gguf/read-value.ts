import { GgufInvalidError } from '../errors.ts'
import { GGUF_ARRAY_DEPTH_MAX, GGUF_HEADER_BYTES_MAX } from '../limits.ts'
import type { HeaderCursor } from './header-cursor.ts'
import type { GgufValue } from './metadata.ts'

/** Number of the type of lists. */
export const ARRAY_TYPE = 9
/** Bytes of an empty list: the type and number of its entries. */
const ARRAY_BYTES_MIN = 12

interface ScalarType {
  /** Bytes of the shortest value of the type. */
  readonly bytesMin: number
  read(cursor: HeaderCursor): GgufValue
  /** Goes over one value; types without it have values of `bytesMin` bytes, and any bytes are one. */
  readonly check?: (cursor: HeaderCursor) => void
}

/** Types of single values by their number. */
const SCALARS: ReadonlyMap<number, ScalarType> = new Map<number, ScalarType>([
  [0, { bytesMin: 1, read: (cursor) => cursor.u8() }],
  [1, { bytesMin: 1, read: (cursor) => cursor.i8() }],
  [2, { bytesMin: 2, read: (cursor) => cursor.u16() }],
  [3, { bytesMin: 2, read: (cursor) => cursor.i16() }],
  [4, { bytesMin: 4, read: (cursor) => cursor.u32() }],
  [5, { bytesMin: 4, read: (cursor) => cursor.i32() }],
  [6, { bytesMin: 4, read: (cursor) => cursor.f32() }],
  [7, { bytesMin: 1, read: readBoolean, check: readBoolean }],
  [
    8,
    {
      bytesMin: 8,
      read: (cursor) => cursor.string('a string', GGUF_HEADER_BYTES_MAX),
      check: (cursor) => cursor.skipString('a string', GGUF_HEADER_BYTES_MAX),
    },
  ],
  [10, { bytesMin: 8, read: (cursor) => cursor.u64() }],
  [11, { bytesMin: 8, read: (cursor) => cursor.i64() }],
  [12, { bytesMin: 8, read: (cursor) => cursor.f64() }],
])

/** Counts the array entries of one header. */
export interface EntryBudget {
  /** Entries that are still allowed. */
  left: number
  /** Arrays that are open, one inside the other. */
  depth: number
}

interface ArrayHead {
  readonly type: number
  readonly length: number
}

/** Reads one metadata value that is no list. @throws GgufInvalidError on an unknown type. */
export function readScalar(cursor: HeaderCursor, type: number): GgufValue {
  return scalarOf(cursor, type).read(cursor)
}

/**
 * Goes over a list and those inside it, without building them.
 *
 * @throws GgufInvalidError on an unknown type, on values that the type doesn't have, or when lists hold more entries than
 * `budget` has left; GgufCutError if the bytes end inside it.
 */
export function checkArray(cursor: HeaderCursor, budget: EntryBudget): void {
  if (budget.depth >= GGUF_ARRAY_DEPTH_MAX)
    throw new GgufInvalidError(cursor.label, `arrays are nested deeper than ${GGUF_ARRAY_DEPTH_MAX} levels`)
  const { type, length } = readArrayHead(cursor, budget.left)
  const scalar = type === ARRAY_TYPE ? undefined : scalarOf(cursor, type)
  cursor.need(length * (scalar?.bytesMin ?? ARRAY_BYTES_MIN))
  budget.left -= length
  budget.depth += 1
  if (scalar !== undefined && scalar.check === undefined) cursor.skip(length * scalar.bytesMin)
  else {
    const check = scalar?.check ?? ((inside: HeaderCursor) => checkArray(inside, budget))
    for (let i = 0; i < length; i++) check(cursor)
  }
  budget.depth -= 1
}

/** Reads a list that {@link checkArray} went over before. */
export function readArray(cursor: HeaderCursor): readonly GgufValue[] {
  const { type, length } = readArrayHead(cursor, Infinity)
  return Array.from({ length }, () =>
    type === ARRAY_TYPE ? readArray(cursor) : scalarOf(cursor, type).read(cursor),
  )
}

function readArrayHead(cursor: HeaderCursor, lengthMax: number): ArrayHead {
  return { type: cursor.u32(), length: cursor.count("an array's length", lengthMax) }
}

function scalarOf(cursor: HeaderCursor, type: number): ScalarType {
  const scalar = SCALARS.get(type)
  if (scalar === undefined)
    throw new GgufInvalidError(cursor.label, `a metadata value is of the unknown type ${type}`)
  return scalar
}

function readBoolean(cursor: HeaderCursor): boolean {
  const value = cursor.u8()
  if (value > 1) throw new GgufInvalidError(cursor.label, `a boolean is ${value}`)
  return value === 1
}
