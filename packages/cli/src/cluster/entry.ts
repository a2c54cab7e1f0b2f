import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a role process is started: the command's own entry, and what Node needs to run it. */
export interface RoleEntry {
  readonly path: string
  readonly nodeArguments: readonly string[]
}

/** Bounds the space for young objects, in MiB: stages make few, and Node would let it grow to three times 16. */
const YOUNG_SPACE = '--max-semi-space-size=4'
/** Who holds weights, so that memory is short. Whoever serves strangers makes many objects, which had better die young. */
const STAGES: readonly (string | undefined)[] = ['worker', 'validator']

/**
 * Finds the command's entry beside this file, whoever runs this file: built, or as sources. Bounds what a stage may take.
 * Sources need their loader and the condition under which packages resolve to sources, whatever loader the caller uses.
 */
export function findRoleEntry(command: string | undefined): RoleEntry {
  const here = import.meta.url
  const extension = extname(fileURLToPath(here))
  const path = fileURLToPath(new URL(`../main${extension}`, here))
  const bounds = STAGES.includes(command) ? [YOUNG_SPACE] : []
  if (extension !== '.ts') return { path, nodeArguments: bounds }
  const loader = ['--import', import.meta.resolve('tsx'), '--conditions=shardline-source']
  return { path, nodeArguments: [...bounds, ...loader] }
}
