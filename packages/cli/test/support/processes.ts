import { execFileSync } from 'node:child_process'
import { sleep } from './command.ts'

/** Ids of the processes that `pid` started, and those that they started. */
export function descendants(pid: number): readonly number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number])
  const found: number[] = []
  let generation = [pid]
  while (generation.length > 0) {
    generation = parents.filter(([, parent]) => generation.includes(parent)).map(([child]) => child)
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
export async function survivors(pids: readonly number[], patienceMs = 8_000): Promise<readonly number[]> {
  for (let waited = 0; waited < patienceMs; waited += 50) {
    if (!pids.some(isAlive)) return []
    await sleep(50)
  }
  return pids.filter(isAlive)
}
