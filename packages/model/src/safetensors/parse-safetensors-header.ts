import type { ByteSource } from '../byte-source.ts'
import type { TensorDtype, TensorEntry } from '../checkpoint.ts'
import { SafetensorsInvalidError } from '../errors.ts'
import { TENSOR_FORMATS } from '../format/registry.ts'
import type { JsonValue } from '../json.ts'
import { isJsonObject, parseJsonObject } from '../json.ts'
import { TENSOR_NAME_BYTES_MAX, TENSORS_MAX } from '../limits.ts'
import type { TensorTable } from '../tensor-table.ts'
import { elementCount, findOverlap } from '../tensor-table.ts'

/** Element types that Shardline reads, by the format's own names. */
const DTYPES: Readonly<Record<string, TensorDtype>> = { F32: 'F32', F16: 'F16', BF16: 'BF16' }

/**
 * The tensors that a safetensors header lists.
 *
 * A tensor of another type than F32, F16 and BF16 is listed as unsupported.
 *
 * @param text The header's JSON.
 * @param dataOffset Where the tensors' bytes begin in `source`.
 * @throws SafetensorsInvalidError if an entry is incomplete or impossible, lies outside the file, or two share bytes;
 * JsonInvalidError if the header is no JSON or names a tensor twice.
 */
export function parseSafetensorsHeader(text: string, dataOffset: number, source: ByteSource): TensorTable {
  const header = parseJsonObject(text, source.label)
  const names = Object.keys(header).filter((name) => name !== '__metadata__')
  if (names.length > TENSORS_MAX)
    throw new SafetensorsInvalidError(
      source.label,
      `it lists ${names.length} tensors; ${TENSORS_MAX} are allowed`,
    )
  const tensors = new Map<string, TensorEntry>()
  const unsupported = new Map<string, string>()
  for (const name of names) {
    const raw = readEntry(name, header[name], source.label)
    const dtype = Object.hasOwn(DTYPES, raw.dtype) ? DTYPES[raw.dtype] : undefined
    if (dtype === undefined) unsupported.set(name, raw.dtype)
    else tensors.set(name, placeEntry({ ...raw, dtype }, dataOffset, source))
  }
  const overlap = findOverlap([...tensors.values()])
  if (overlap !== undefined)
    throw new SafetensorsInvalidError(
      source.label,
      `${show(overlap[0].name)} and ${show(overlap[1].name)} share bytes`,
    )
  return { tensors, unsupported }
}

interface RawEntry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

function readEntry(name: string, value: JsonValue | undefined, label: string): RawEntry {
  if (Buffer.byteLength(name) > TENSOR_NAME_BYTES_MAX)
    throw new SafetensorsInvalidError(label, `a tensor's name is longer than ${TENSOR_NAME_BYTES_MAX} bytes`)
  if (!isJsonObject(value))
    throw new SafetensorsInvalidError(label, `the entry of ${show(name)} is no object`)
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string') throw new SafetensorsInvalidError(label, `${show(name)} has no dtype`)
  if (!isSizes(shape) || shape.length > 8 || shape.includes(0))
    throw new SafetensorsInvalidError(
      label,
      `the shape of ${show(name)} is no list of up to 8 positive whole numbers`,
    )
  if (!isSizes(offsets)) throw new SafetensorsInvalidError(label, `${show(name)} has no data_offsets`)
  const [begin, end] = offsets
  if (offsets.length !== 2 || begin === undefined || end === undefined || begin > end)
    throw new SafetensorsInvalidError(label, `the data_offsets of ${show(name)} are not a begin and an end`)
  return { name, dtype, shape, begin, end }
}

function placeEntry(
  raw: RawEntry & { readonly dtype: TensorDtype },
  dataOffset: number,
  source: ByteSource,
): TensorEntry {
  const { name, dtype, shape, begin, end } = raw
  const elements = elementCount(shape)
  const byteLength = elements === undefined ? undefined : elements * TENSOR_FORMATS[dtype].blockBytes
  if (byteLength !== end - begin)
    throw new SafetensorsInvalidError(
      source.label,
      `${show(name)} has ${end - begin} bytes, which do not fit ${dtype} of shape [${shape.join(', ')}]`,
    )
  if (end > source.sizeBytes - dataOffset)
    throw new SafetensorsInvalidError(
      source.label,
      `${show(name)} ends at ${dataOffset + end}, behind the end of the file at ${source.sizeBytes}; is it cut off?`,
    )
  return { name, dtype, shape, source, offset: dataOffset + begin, byteLength }
}

function isSizes(value: JsonValue | undefined): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0)
  )
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 100))
}
