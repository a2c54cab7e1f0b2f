import { access, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InvalidValueError } from '@shardline/core'
import { randomModelFile, SHAPE_1B } from './random-model.ts'

/** A model to measure with. */
export interface BenchModel {
  /** Name in the results. */
  readonly name: string
  /** File or folder. */
  readonly path: string
}

/** Options of {@link findModels}. */
export interface FindModelsInit {
  /** Names (`bundled`, `smollm2`, `random-1b`) or paths. */
  readonly wanted: readonly string[]
  /** Folder of the repository's own small model. */
  readonly bundledFolder: string
  /** Folder with `smollm2-135m-instruct`; undefined if there is none. */
  readonly testModelsFolder: string | undefined
  /** Where made models are kept. */
  readonly cacheFolder: string
  readonly onStatus: (text: string) => void
}

const SMOLLM2_FOLDER = 'smollm2-135m-instruct'

/**
 * Finds the models by name; the random one is made if it isn't there. SmolLM2 is left out, with a word, where there is no folder of test models.
 *
 * @throws InvalidValueError if a name is neither known nor a path.
 */
export async function findModels(init: FindModelsInit): Promise<readonly BenchModel[]> {
  const models: BenchModel[] = []
  for (const name of init.wanted) {
    const path = await findModel(name, init)
    if (path === undefined)
      init.onStatus(`${name} is left out: SHARDLINE_TEST_MODELS does not name a folder that has it`)
    else models.push({ name: isKnown(name) ? name : basename(path), path })
  }
  return models
}

function isKnown(name: string): boolean {
  return name === 'bundled' || name === 'smollm2' || name === 'random-1b'
}

async function findModel(name: string, init: FindModelsInit): Promise<string | undefined> {
  if (name === 'bundled') return init.bundledFolder
  if (name === 'random-1b') {
    return randomModelFile({
      shape: SHAPE_1B,
      folder: join(init.cacheFolder, 'models'),
      onStatus: init.onStatus,
    })
  }
  if (name === 'smollm2')
    return init.testModelsFolder === undefined ? undefined : findGguf(init.testModelsFolder)
  try {
    await access(name)
    return name
  } catch (cause) {
    throw new InvalidValueError(`"${name}" is no model; give bundled, smollm2, random-1b, or a path`, {
      cause,
    })
  }
}

async function findGguf(testModelsFolder: string): Promise<string | undefined> {
  const folder = join(testModelsFolder, SMOLLM2_FOLDER)
  const names = await readdir(folder).catch((): string[] => [])
  const file = names.toSorted().find((name) => name.endsWith('.gguf'))
  return file === undefined ? undefined : join(folder, file)
}
