import type { TensorEntry } from '../checkpoint.ts'
import { ConfigInvalidError } from '../errors.ts'
import { isJsonObject, parseJsonObject } from '../json.ts'
import type { CheckpointFiles } from '../source/checkpoint-files.ts'
import type { TensorTable } from '../tensor-table.ts'
import type { SafetensorsOptions } from './read-safetensors.ts'
import { readSafetensors } from './read-safetensors.ts'

const INDEX_NAME = 'model.safetensors.index.json'

/** Tensors of all safetensors files of a checkpoint, and which files they are in. */
export interface SafetensorsFiles extends TensorTable {
  /** Names of the weight files, in order. */
  readonly fileNames: readonly string[]
}

/**
 * Reads the headers of a checkpoint's safetensors files: those that `model.safetensors.index.json` lists, or all there are.
 *
 * @throws ConfigInvalidError if the index is none, names a file that isn't there, or a tensor that isn't in its file, or if two
 * files have a tensor of the same name; what {@link readSafetensors} throws.
 */
export async function readSafetensorsFiles(
  files: CheckpointFiles,
  options: SafetensorsOptions = {},
): Promise<SafetensorsFiles> {
  const indexText = await files.readText(INDEX_NAME)
  const present = files.names.filter((name) => name.endsWith('.safetensors')).toSorted()
  const fileOf = indexText === undefined ? undefined : readWeightMap(indexText, present)
  const fileNames = fileOf === undefined ? present : [...new Set(fileOf.values())].toSorted()
  const tensors = new Map<string, TensorEntry>()
  const unsupported = new Map<string, string>()
  for (const fileName of fileNames) {
    const table = await readSafetensors(await files.open(fileName), options)
    for (const [name, entry] of table.tensors) {
      if (fileOf !== undefined && fileOf.get(name) !== fileName) continue
      if (tensors.has(name))
        throw new ConfigInvalidError(files.reference, `two files have a tensor "${name}"`)
      tensors.set(name, entry)
    }
    for (const [name, dtype] of table.unsupported) unsupported.set(name, dtype)
  }
  for (const [name, fileName] of fileOf ?? []) {
    if (!tensors.has(name) && !unsupported.has(name))
      throw new ConfigInvalidError(
        INDEX_NAME,
        `it places the tensor "${name}" in ${fileName}, which does not have it`,
      )
  }
  return { tensors, unsupported, fileNames }
}

function readWeightMap(text: string, present: readonly string[]): ReadonlyMap<string, string> {
  const { weight_map: weightMap } = parseJsonObject(text, INDEX_NAME)
  if (!isJsonObject(weightMap)) throw new ConfigInvalidError(INDEX_NAME, 'it has no weight_map')
  const known = new Set(present)
  const fileOf = new Map<string, string>()
  for (const [name, fileName] of Object.entries(weightMap)) {
    if (typeof fileName !== 'string' || !known.has(fileName))
      throw new ConfigInvalidError(
        INDEX_NAME,
        `it names the file ${JSON.stringify(fileName)}, which is not there`,
      )
    fileOf.set(name, fileName)
  }
  return fileOf
}
