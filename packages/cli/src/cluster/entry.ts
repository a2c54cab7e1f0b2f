import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a role process is started: the command's own entry, and what Node needs to run it. */
export interface RoleEntry {
  readonly path: string
  readonly nodeArguments: readonly string[]
}

/**
 * The most MiB of a half of the space for young objects, where Node's own 16 don't fit. Stages hold weights and make few
 * objects. A driver that serves strangers makes many that live as long as an answer; those that outlive this space are
 * collected in full, which makes the answers of that moment wait.
 */
const YOUNG_MIB: ReadonlyMap<string | undefined, number> = new Map([
  ['worker', 4],
  ['validator', 4],
  ['driver', 64],
])

/**
 * Finds the command's entry beside this file, whoever runs this file: built, or as sources, with the memory that a command needs.
 * Sources need their loader and the condition under which packages resolve to sources, whatever loader the caller uses.
 */
export function findRoleEntry(command: string | undefined): RoleEntry {
  const here = import.meta.url
  const extension = extname(fileURLToPath(here))
  const path = fileURLToPath(new URL(`../main${extension}`, here))
  const youngMiB = YOUNG_MIB.get(command)
  const bounds = youngMiB === undefined ? [] : [`--max-semi-space-size=${youngMiB}`]
  if (extension !== '.ts') return { path, nodeArguments: bounds }
  const loader = ['--import', import.meta.resolve('tsx'), '--conditions=shardline-source']
  return { path, nodeArguments: [...bounds, ...loader] }
}
