import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { InvalidValueError } from '@shardline/core'
import type { TensorDtype } from '../checkpoint.ts'
import { TENSOR_FORMATS } from '../format/registry.ts'
import { elementCount } from '../tensor-table.ts'
import { ggufTypeNumber } from './tensor-types.ts'

/** Types of single metadata values, with their numbers in the file. */
const SCALAR_TYPES = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  u64: 10,
  i64: 11,
  f64: 12,
} as const

const ARRAY_TYPE = 9
const ALIGNMENT = 32

/** A type of single metadata values. */
export type GgufScalarType = keyof typeof SCALAR_TYPES

/** A metadata value with its type. */
export type GgufTypedValue =
  | { readonly type: GgufScalarType; readonly value: number | bigint | boolean | string }
  | {
      readonly type: 'array'
      readonly of: GgufScalarType
      readonly values: readonly (number | bigint | boolean | string)[]
    }

/** A tensor to write. */
export interface GgufTensorInit {
  readonly name: string
  readonly dtype: TensorDtype
  /** Row-major, outermost first; the file gets it reversed. */
  readonly shape: readonly number[]
  /** Makes the tensor's bytes when they are written, so that only one tensor is in memory. */
  readonly bytes: () => Uint8Array
}

/** What goes into a GGUF file. */
export interface GgufInit {
  readonly metadata: ReadonlyMap<string, GgufTypedValue>
  readonly tensors: readonly GgufTensorInit[]
  /** @default 3 */
  readonly version?: 2 | 3
}

/**
 * Writes a GGUF file, replacing what is there.
 *
 * @throws InvalidValueError if a tensor's bytes don't fit its shape; what the file system throws.
 */
export async function writeGguf(path: string, init: GgufInit): Promise<void> {
  const handle = await open(path, 'w')
  try {
    const header = encodeHeader(init)
    await handle.writeFile(header)
    await writeTensors(handle, init.tensors)
  } finally {
    await handle.close()
  }
}

/** A GGUF file as bytes; for small ones. @throws InvalidValueError if a tensor's bytes don't fit its shape. */
export function encodeGguf(init: GgufInit): Uint8Array {
  return Buffer.concat([encodeHeader(init), ...init.tensors.flatMap((tensor) => paddedBytes(tensor))])
}

async function writeTensors(handle: FileHandle, tensors: readonly GgufTensorInit[]): Promise<void> {
  for (const tensor of tensors) for (const bytes of paddedBytes(tensor)) await handle.writeFile(bytes)
}

function paddedBytes(tensor: GgufTensorInit): readonly Uint8Array[] {
  const bytes = tensor.bytes()
  const expected = tensorBytes(tensor)
  if (bytes.length !== expected)
    throw new InvalidValueError(
      `the tensor ${tensor.name} has ${bytes.length} bytes; its shape needs ${expected}`,
    )
  return [bytes, new Uint8Array(padding(expected))]
}

function tensorBytes({ name, dtype, shape }: GgufTensorInit): number {
  const { blockElements, blockBytes } = TENSOR_FORMATS[dtype]
  const elements = elementCount(shape)
  if (elements === undefined || (shape.at(-1) ?? 0) % blockElements !== 0)
    throw new InvalidValueError(
      `the tensor ${name} has rows that are no whole number of blocks of ${blockElements}`,
    )
  return (elements / blockElements) * blockBytes
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT
}

function encodeHeader({ metadata, tensors, version }: GgufInit): Uint8Array {
  const parts: Uint8Array[] = [
    Buffer.from('GGUF'),
    u32(version ?? 3),
    u64(tensors.length),
    u64(metadata.size),
  ]
  for (const [key, value] of metadata) parts.push(encodeString(key), encodeValue(value))
  let offset = 0
  for (const tensor of tensors) {
    parts.push(encodeString(tensor.name), u32(tensor.shape.length), ...tensor.shape.toReversed().map(u64))
    parts.push(u32(ggufTypeNumber(tensor.dtype)), u64(offset))
    offset += tensorBytes(tensor)
    offset += padding(offset)
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([...parts, new Uint8Array(padding(length))])
}

function encodeValue(value: GgufTypedValue): Uint8Array {
  if (value.type !== 'array')
    return Buffer.concat([u32(SCALAR_TYPES[value.type]), encodeScalar(value.type, value.value)])
  const { of: type, values } = value
  const entries = values.map((entry) => encodeScalar(type, entry))
  return Buffer.concat([u32(ARRAY_TYPE), u32(SCALAR_TYPES[type]), u64(values.length), ...entries])
}

function encodeScalar(type: GgufScalarType, value: number | bigint | boolean | string): Uint8Array {
  if (type === 'string') return encodeString(String(value))
  const bytes = Buffer.alloc(8)
  const length = SCALAR_WRITERS[type](bytes, value)
  return bytes.subarray(0, length)
}

type ScalarWriter = (bytes: Buffer, value: number | bigint | boolean | string) => number

/** Each writes a value at the start of a buffer and returns how many bytes it took. */
const SCALAR_WRITERS: Readonly<Record<Exclude<GgufScalarType, 'string'>, ScalarWriter>> = {
  u8: (bytes, value) => bytes.writeUInt8(Number(value)),
  i8: (bytes, value) => bytes.writeInt8(Number(value)),
  u16: (bytes, value) => bytes.writeUInt16LE(Number(value)),
  i16: (bytes, value) => bytes.writeInt16LE(Number(value)),
  u32: (bytes, value) => bytes.writeUInt32LE(Number(value)),
  i32: (bytes, value) => bytes.writeInt32LE(Number(value)),
  f32: (bytes, value) => bytes.writeFloatLE(Number(value)),
  bool: (bytes, value) => bytes.writeUInt8(value === true ? 1 : 0),
  u64: (bytes, value) => bytes.writeBigUInt64LE(BigInt(value)),
  i64: (bytes, value) => bytes.writeBigInt64LE(BigInt(value)),
  f64: (bytes, value) => bytes.writeDoubleLE(Number(value)),
}

function encodeString(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([u64(bytes.length), bytes])
}

function u32(value: number): Uint8Array {
  return encodeScalar('u32', value)
}

function u64(value: number): Uint8Array {
  return encodeScalar('u64', value)
}
