import { execFileSync } from 'node:child_process'
import { sleep } from './command.ts'

/** Ids of the `shardline` processes that `pid` started, and those that they started. */
export function descendants(pid: number): readonly number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n')
  const processes = rows.map((row) => {
    const [, id = '', parent = '', line = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? []
    return { id: Number(id), parent: Number(parent), line }
  })
  const found: number[] = []
  let generation = [pid]
  while (generation.length > 0) {
    // The loader of the sources may start helpers of its own; they are no business of the command.
    const children = processes.filter(
      ({ parent, line }) => generation.includes(parent) && line.includes('main.ts'),
    )
    generation = children.map(({ id }) => id)
    found.push(...generation)
  }
  return found
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Resolves with those of `pids` that still live when all have ended or patience has. */
export async function survivors(pids: readonly number[], patienceMs = 60_000): Promise<readonly number[]> {
  for (let waited = 0; waited < patienceMs; waited += 50) {
    if (!pids.some(isAlive)) return []
    await sleep(50)
  }
  return pids.filter(isAlive)
}
