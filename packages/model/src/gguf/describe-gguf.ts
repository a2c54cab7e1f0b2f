import type { TensorEntry } from '../checkpoint.ts'
import type { Description } from '../description.ts'
import { ConfigInvalidError, GgufInvalidError } from '../errors.ts'
import { ConfigReader } from '../families/config-reader.ts'
import { GGUF_ROPE_FACTORS, ggufNames } from '../families/gguf-names.ts'
import { locateTensors } from '../families/locate-tensors.ts'
import { familyByGguf } from '../families/registry.ts'
import { MODEL_WIDTH_MAX } from '../limits.ts'
import type { CheckpointFiles } from '../source/checkpoint-files.ts'
import type { TensorTable } from '../tensor-table.ts'
import type { GgufMetadata } from './metadata.ts'
import type { GgufHeader } from './parse-gguf-header.ts'
import type { GgufOptions } from './read-gguf.ts'
import { readGguf } from './read-gguf.ts'

/**
 * Describes a checkpoint in GGUF files: one, or all parts of a split one, of which the first has the metadata.
 *
 * @throws GgufInvalidError, ConfigInvalidError, ArchitectureUnsupportedError and what else a header can be refused for.
 */
export async function describeGguf(files: CheckpointFiles, options: GgufOptions = {}): Promise<Description> {
  const weightFiles = files.names.filter((name) => name.toLowerCase().endsWith('.gguf')).toSorted()
  const headers: GgufHeader[] = []
  for (const name of weightFiles) headers.push(await readGguf(await files.open(name), options))
  const metadata = headers[0]?.metadata ?? new Map()
  checkPartCount(metadata, weightFiles.length, files.reference)
  const table = mergeTables(headers, files.reference)
  const architecture = metadata.get('general.architecture')
  if (typeof architecture !== 'string')
    throw new ConfigInvalidError(files.reference, 'general.architecture is missing')
  const family = familyByGguf(architecture)
  const config = family.readGguf(metadataReader(metadata, architecture, files.reference), {
    has: (name) => table.tensors.has(name) || table.unsupported.has(name),
    embeddingRows: table.tensors.get(ggufNames.global('embedding'))?.shape[0],
    ropeFactors: await readRopeFactors(table),
  })
  const { isGgufRotaryInterleaved: isRotaryInterleaved } = family
  const roles = locateTensors(
    { reference: files.reference, table, names: ggufNames, isRotaryInterleaved },
    config,
  )
  return { format: 'gguf', config, table, roles, weightFiles, metadata }
}

/** Keys of the model are prefixed by its architecture; those of the tokenizer are not. */
function metadataReader(metadata: GgufMetadata, architecture: string, source: string): ConfigReader {
  return new ConfigReader(source, (key) =>
    metadata.get(key.startsWith('tokenizer.') ? key : `${architecture}.${key}`),
  )
}

function checkPartCount(metadata: GgufMetadata, present: number, reference: string): void {
  const count = metadata.get('split.count') ?? 0
  if (Math.max(Number(count), 1) !== present)
    throw new ConfigInvalidError(
      reference,
      `it is split into ${String(count)} files, of which ${present} are there`,
    )
}

function mergeTables(headers: readonly GgufHeader[], reference: string): TensorTable {
  const tensors = new Map<string, TensorEntry>()
  const unsupported = new Map<string, string>()
  for (const header of headers) {
    for (const [name, entry] of header.tensors) {
      if (tensors.has(name)) throw new GgufInvalidError(reference, `two of its files have a tensor "${name}"`)
      tensors.set(name, entry)
    }
    for (const [name, type] of header.unsupported) unsupported.set(name, type)
  }
  return { tensors, unsupported }
}

async function readRopeFactors(table: TensorTable): Promise<readonly number[] | undefined> {
  const entry = table.tensors.get(GGUF_ROPE_FACTORS)
  if (entry === undefined) return undefined
  const { source, dtype, byteLength } = entry
  if (dtype !== 'F32' || entry.shape.length !== 1 || byteLength > MODEL_WIDTH_MAX * 4)
    throw new ConfigInvalidError(source.label, `${GGUF_ROPE_FACTORS} is no vector of F32`)
  const bytes = await source.read(entry.offset, byteLength)
  const factors = Array.from(new Float32Array(bytes.slice().buffer))
  if (!factors.every((factor) => Number.isFinite(factor) && factor > 0))
    throw new ConfigInvalidError(source.label, `${GGUF_ROPE_FACTORS} holds a value that is not above 0`)
  return factors
}
