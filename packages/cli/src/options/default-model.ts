import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ModelNotGivenError } from '../errors.ts'

const BUNDLED = join('models', 'storyteller')
/** From this file up to the folder that holds `packages` and `models`, built or as sources. */
const LEVELS_MAX = 6

/**
 * The model that was asked for, else the bundled one.
 *
 * @throws ModelNotGivenError if there is neither.
 */
export function modelOrBundled(given: string | undefined): string {
  if (given !== undefined) return given
  let folder = dirname(fileURLToPath(import.meta.url))
  for (let level = 0; level < LEVELS_MAX; level++) {
    const candidate = join(folder, BUNDLED)
    if (existsSync(join(candidate, 'config.json'))) return shorter(candidate)
    folder = dirname(folder)
  }
  throw new ModelNotGivenError(BUNDLED)
}

/** People read a path better from where they are. */
function shorter(path: string): string {
  const local = relative(process.cwd(), path)
  return local.startsWith('..') || local === '' ? path : local
}
