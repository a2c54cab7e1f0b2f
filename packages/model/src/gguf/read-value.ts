import { GgufInvalidError } from '../errors.ts'
import { GGUF_ARRAY_DEPTH_MAX, GGUF_HEADER_BYTES_MAX } from '../limits.ts'
import type { HeaderCursor } from './header-cursor.ts'
import type { GgufValue } from './metadata.ts'

const ARRAY_TYPE = 9

interface ScalarType {
  /** Bytes of the shortest value of the type. */
  readonly bytesMin: number
  read(cursor: HeaderCursor): GgufValue
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
  [7, { bytesMin: 1, read: readBoolean }],
  [8, { bytesMin: 8, read: (cursor) => cursor.string('a string', GGUF_HEADER_BYTES_MAX) }],
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

/**
 * Reads one metadata value of the given type.
 *
 * @throws GgufInvalidError on an unknown type or when arrays hold more entries than `budget` has left.
 */
export function readValue(cursor: HeaderCursor, type: number, budget: EntryBudget): GgufValue {
  if (type === ARRAY_TYPE) return readArray(cursor, budget)
  return scalarOf(cursor, type).read(cursor)
}

function readArray(cursor: HeaderCursor, budget: EntryBudget): GgufValue {
  if (budget.depth >= GGUF_ARRAY_DEPTH_MAX)
    throw new GgufInvalidError(cursor.label, `arrays are nested deeper than ${GGUF_ARRAY_DEPTH_MAX} levels`)
  const type = cursor.u32()
  const isNested = type === ARRAY_TYPE
  const bytesMin = isNested ? 12 : scalarOf(cursor, type).bytesMin
  const length = cursor.count("an array's length", budget.left)
  cursor.need(length * bytesMin)
  budget.left -= length
  budget.depth += 1
  const values: GgufValue[] = []
  for (let i = 0; i < length; i++) values.push(readValue(cursor, type, budget))
  budget.depth -= 1
  return values
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
