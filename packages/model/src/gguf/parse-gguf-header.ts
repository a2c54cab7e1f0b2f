import type { ByteSource } from '../byte-source.ts'
import type { TensorDtype, TensorEntry } from '../checkpoint.ts'
import { GgufInvalidError } from '../errors.ts'
import { TENSOR_FORMATS } from '../format/registry.ts'
import {
  GGUF_ALIGNMENT_BYTES_MAX,
  GGUF_ARRAY_ENTRIES_MAX,
  GGUF_KEYS_MAX,
  TENSOR_NAME_BYTES_MAX,
  TENSORS_MAX,
} from '../limits.ts'
import type { TensorTable } from '../tensor-table.ts'
import { elementCount, findOverlap } from '../tensor-table.ts'
import { HeaderCursor } from './header-cursor.ts'
import { HeaderMetadata } from './header-metadata.ts'
import type { GgufMetadata } from './metadata.ts'
import { GGUF_DTYPES, ggufTypeName } from './tensor-types.ts'

const MAGIC = 0x46554747
const DIMENSIONS_MAX = 4
const ALIGNMENT_DEFAULT = 32

/** What the header of a GGUF file says. */
export interface GgufHeader extends TensorTable {
  readonly version: number
  readonly metadata: GgufMetadata
}

/** Limits of {@link parseGgufHeader}. */
export interface GgufParseOptions {
  /** @default GGUF_ARRAY_ENTRIES_MAX */
  readonly arrayEntriesMax?: number
}

interface RawTensor {
  readonly name: string
  /** Row-major: outermost first. */
  readonly shape: readonly number[]
  readonly type: number
  readonly relativeOffset: number
}

/**
 * Parses the header of a GGUF file of version 2 or 3.
 *
 * @param bytes The first bytes of `source`, the whole header at least.
 * @throws GgufCutError if the header does not end inside `bytes`; GgufInvalidError if it breaks the rules of the format: wrong
 * magic or version, absurd counts, names given twice, tensors that overlap or lie outside the file.
 */
export function parseGgufHeader(
  bytes: Uint8Array,
  source: ByteSource,
  options: GgufParseOptions = {},
): GgufHeader {
  const cursor = new HeaderCursor(bytes, source.label)
  const version = readVersion(cursor)
  // A tensor's entry takes 32 bytes at least and a metadata pair 13: a count beyond what the file can hold is refused at once.
  const tensorCount = cursor.count(
    'the number of tensors',
    Math.min(TENSORS_MAX, Math.floor(source.sizeBytes / 32)),
  )
  const keyCount = cursor.count(
    'the number of metadata pairs',
    Math.min(GGUF_KEYS_MAX, Math.floor(source.sizeBytes / 13)),
  )
  const metadata = readMetadata(cursor, keyCount, options.arrayEntriesMax ?? GGUF_ARRAY_ENTRIES_MAX)
  const raws = readTensorInfos(cursor, tensorCount)
  const alignment = readAlignment(metadata, source.label)
  const dataOffset = Math.ceil(cursor.offset / alignment) * alignment
  return { version, metadata, ...placeTensors(raws, { dataOffset, alignment, source }) }
}

function readVersion(cursor: HeaderCursor): number {
  if (cursor.u32() !== MAGIC) throw new GgufInvalidError(cursor.label, 'it does not begin with "GGUF"')
  const version = cursor.u32()
  if (version === 0x02000000 || version === 0x03000000)
    throw new GgufInvalidError(cursor.label, 'it is big-endian; only little-endian files are supported')
  if (version !== 2 && version !== 3)
    throw new GgufInvalidError(cursor.label, `it has version ${version}; supported are versions 2 and 3`)
  return version
}

function readMetadata(cursor: HeaderCursor, count: number, arrayEntriesMax: number): GgufMetadata {
  const metadata = new HeaderMetadata()
  const budget = { left: arrayEntriesMax, depth: 0 }
  for (let i = 0; i < count; i++) metadata.add(cursor, budget)
  return metadata
}

function readTensorInfos(cursor: HeaderCursor, count: number): readonly RawTensor[] {
  const raws: RawTensor[] = []
  const names = new Set<string>()
  for (let i = 0; i < count; i++) {
    const name = cursor.string("a tensor's name", TENSOR_NAME_BYTES_MAX)
    if (names.has(name)) throw new GgufInvalidError(cursor.label, `it has the tensor ${show(name)} twice`)
    names.add(name)
    const dimensions = cursor.u32()
    if (dimensions < 1 || dimensions > DIMENSIONS_MAX)
      throw new GgufInvalidError(
        cursor.label,
        `${show(name)} has ${dimensions} dimensions; 1 to ${DIMENSIONS_MAX} are allowed`,
      )
    const shape: number[] = []
    for (let d = 0; d < dimensions; d++) {
      const size = cursor.count(`a dimension of ${show(name)}`, Number.MAX_SAFE_INTEGER)
      if (size === 0) throw new GgufInvalidError(cursor.label, `${show(name)} has a dimension of 0`)
      shape.unshift(size)
    }
    const type = cursor.u32()
    const relativeOffset = cursor.count(`the offset of ${show(name)}`, Number.MAX_SAFE_INTEGER)
    raws.push({ name, shape, type, relativeOffset })
  }
  return raws
}

function readAlignment(metadata: GgufMetadata, label: string): number {
  const alignment = metadata.get('general.alignment') ?? ALIGNMENT_DEFAULT
  const isPower =
    typeof alignment === 'number' &&
    Number.isInteger(Math.log2(alignment)) &&
    alignment >= 1 &&
    alignment <= GGUF_ALIGNMENT_BYTES_MAX
  if (!isPower)
    throw new GgufInvalidError(
      label,
      `its alignment is ${String(alignment)}; allowed are powers of two up to ${GGUF_ALIGNMENT_BYTES_MAX}`,
    )
  return alignment
}

interface Placement {
  readonly dataOffset: number
  readonly alignment: number
  readonly source: ByteSource
}

function placeTensors(raws: readonly RawTensor[], placement: Placement): TensorTable {
  const tensors = new Map<string, TensorEntry>()
  const unsupported = new Map<string, string>()
  for (const raw of raws) {
    const dtype = GGUF_DTYPES.get(raw.type)
    if (dtype === undefined) unsupported.set(raw.name, ggufTypeName(raw.type))
    else tensors.set(raw.name, placeTensor(raw, dtype, placement))
  }
  const overlap = findOverlap([...tensors.values()])
  if (overlap !== undefined)
    throw new GgufInvalidError(
      placement.source.label,
      `${show(overlap[0].name)} and ${show(overlap[1].name)} share bytes`,
    )
  return { tensors, unsupported }
}

function placeTensor(raw: RawTensor, dtype: TensorDtype, placement: Placement): TensorEntry {
  const { name, shape, relativeOffset } = raw
  const { dataOffset, alignment, source } = placement
  const { blockElements, blockBytes } = TENSOR_FORMATS[dtype]
  const rowElements = shape.at(-1) ?? 0
  const elements = elementCount(shape)
  if (elements === undefined || rowElements % blockElements !== 0)
    throw new GgufInvalidError(
      source.label,
      `${show(name)} of shape [${shape.join(', ')}] does not divide into blocks of ${blockElements} as ${dtype} needs`,
    )
  if (relativeOffset % alignment !== 0)
    throw new GgufInvalidError(
      source.label,
      `${show(name)} lies at ${relativeOffset}, no multiple of ${alignment}`,
    )
  const byteLength = (elements / blockElements) * blockBytes
  const offset = dataOffset + relativeOffset
  if (!(offset + byteLength <= source.sizeBytes))
    throw new GgufInvalidError(
      source.label,
      `${show(name)} ends at ${offset + byteLength}, behind the end of the file at ${source.sizeBytes}; is it cut off?`,
    )
  return { name, dtype, shape, source, offset, byteLength }
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 100))
}
