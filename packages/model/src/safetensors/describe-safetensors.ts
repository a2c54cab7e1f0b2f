import type { Description } from '../description.ts'
import { ConfigInvalidError } from '../errors.ts'
import { ConfigReader } from '../families/config-reader.ts'
import { huggingFaceNames } from '../families/hugging-face-names.ts'
import { locateTensors } from '../families/locate-tensors.ts'
import { familyByHuggingFace } from '../families/registry.ts'
import type { JsonObject } from '../json.ts'
import { parseJsonObject } from '../json.ts'
import type { CheckpointFiles } from '../source/checkpoint-files.ts'
import type { SafetensorsOptions } from './read-safetensors.ts'
import { readSafetensorsFiles } from './read-safetensors-files.ts'

const CONFIG_NAME = 'config.json'

/**
 * Describes a checkpoint in Hugging Face's layout: `config.json` beside safetensors files.
 *
 * @throws ConfigInvalidError, ArchitectureUnsupportedError and what else a description or header can be refused for.
 */
export async function describeSafetensors(
  files: CheckpointFiles,
  options: SafetensorsOptions = {},
): Promise<Description> {
  const text = await files.readText(CONFIG_NAME)
  if (text === undefined)
    throw new ConfigInvalidError(files.reference, 'it has safetensors files but no config.json beside them')
  const values = parseJsonObject(text, CONFIG_NAME)
  const family = familyByHuggingFace(readArchitecture(values))
  const { fileNames, ...table } = await readSafetensorsFiles(files, options)
  const reader = new ConfigReader(CONFIG_NAME, (key) =>
    Object.hasOwn(values, key) ? values[key] : undefined,
  )
  const config = family.readHuggingFace(reader, {
    has: (name) => table.tensors.has(name) || table.unsupported.has(name),
    embeddingRows: table.tensors.get(huggingFaceNames.global('embedding'))?.shape[0],
    ropeFactors: undefined,
  })
  const roles = locateTensors(
    { reference: files.reference, table, names: huggingFaceNames, isRotaryInterleaved: false },
    config,
  )
  return { format: 'safetensors', config, table, roles, weightFiles: fileNames, metadata: undefined }
}

function readArchitecture(values: JsonObject): string {
  const { architectures } = values
  const architecture: unknown = Array.isArray(architectures) ? architectures[0] : undefined
  if (typeof architecture !== 'string') throw new ConfigInvalidError(CONFIG_NAME, 'architectures is missing')
  return architecture
}
