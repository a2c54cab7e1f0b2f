import { access, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { SeededRandom } from '@shardline/core'
import { writeRandomModel } from '@shardline/model'
import type { RandomModelShape } from '@shardline/model'

/** A model of the 1B class cut to 8 layers: as wide as those models are, so that kernels and memory work alike, but soon made and loaded. */
export const SHAPE_1B: RandomModelShape = {
  layerCount: 8,
  hiddenSize: 2048,
  feedForwardSize: 8192,
  headCount: 32,
  kvHeadCount: 8,
  vocabularySize: 32_000,
  contextLength: 4096,
}

/** Options of {@link randomModelFile}. */
export interface RandomModelFileInit {
  readonly shape: RandomModelShape
  /** Where the file is kept. */
  readonly folder: string
  /** @default 1 */
  readonly seed?: number
  /** Told when the file has to be made first. @default ignored */
  readonly onStatus?: (text: string) => void
}

/**
 * Resolves with the path of a GGUF file of that shape: Llama family, Q4_0, random weights. Made once; the same seed makes the same file.
 * It gets its name when it is complete, so that one that was cut off is never taken for whole.
 */
export async function randomModelFile(init: RandomModelFileInit): Promise<string> {
  const { shape, folder, seed = 1, onStatus } = init
  const path = join(folder, `${modelFileName(shape, seed)}.gguf`)
  try {
    await access(path)
    return path
  } catch {
    onStatus?.(`writing ${path}`)
  }
  await mkdir(folder, { recursive: true })
  const partial = `${path}.part`
  await writeRandomModel(partial, shape, { random: new SeededRandom(seed) })
  await rename(partial, path)
  return path
}

function modelFileName(shape: RandomModelShape, seed: number): string {
  const { layerCount, hiddenSize, feedForwardSize, headCount, kvHeadCount, vocabularySize, contextLength } =
    shape
  const sizes = [
    layerCount,
    hiddenSize,
    feedForwardSize,
    headCount,
    kvHeadCount,
    vocabularySize,
    contextLength,
  ]
  return `random-${sizes.join('-')}-seed-${seed}`
}
