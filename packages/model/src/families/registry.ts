import { ArchitectureUnsupportedError } from '../errors.ts'
import type { Family } from './family.ts'
import { llama } from './llama.ts'
import { mistral } from './mistral.ts'
import { qwen2 } from './qwen2.ts'
import { qwen3 } from './qwen3.ts'

/** Every family that Shardline runs. Adding one is adding its file and its line here. */
export const FAMILIES: readonly Family[] = [llama, mistral, qwen2, qwen3]

/** The family of a config.json by its `architectures`. @throws ArchitectureUnsupportedError. */
export function familyByHuggingFace(architecture: string): Family {
  const found = FAMILIES.find((family) => family.huggingFaceArchitectures.includes(architecture))
  if (found === undefined)
    throw new ArchitectureUnsupportedError(
      architecture,
      FAMILIES.flatMap((family) => family.huggingFaceArchitectures),
    )
  return found
}

/** The family of a GGUF file by its `general.architecture`. @throws ArchitectureUnsupportedError. */
export function familyByGguf(architecture: string): Family {
  const found = FAMILIES.find((family) => family.ggufArchitecture === architecture)
  if (found === undefined)
    throw new ArchitectureUnsupportedError(
      architecture,
      FAMILIES.flatMap((family) => family.ggufArchitecture ?? []),
    )
  return found
}
