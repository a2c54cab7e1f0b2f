import type { CommandContext } from '../commands/command-context.ts'
import { EXIT_CODES } from '../run/exit-code.ts'
import { describeEnd, endToError } from './role-process.ts'
import type { RoleProcess } from './role-process.ts'
import type { RunningRoles } from './start-roles.ts'

/** All stages, those that stand by last. */
export function allOf({ workers, validator, spares }: RunningRoles): readonly RoleProcess[] {
  return [...workers, validator, ...spares.workers, ...spares.validators]
}

/** Where others stand by, a stage that ends is the driver's to replace. What it returns ends the notes. */
export function noteDeaths(stages: readonly RoleProcess[], { terminal }: CommandContext): () => void {
  let isOver = false
  for (const { name, ended } of stages) {
    void ended.then((end) => {
      if (!isOver) terminal.note(`${name} ended with ${describeEnd(end)}\n`)
    })
  }
  return () => {
    isOver = true
  }
}

/**
 * Waits until the driver is done, or something else ends that should not.
 *
 * @throws RemoteError or RoleEndedError if a process failed; the interrupt's reason.
 */
export async function supervise(processes: readonly RoleProcess[], signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const ends = processes.map(async (process, index) => ({ process, index, end: await process.ended }))
  const first = await Promise.race([...ends, interrupted])
  if (first === undefined) return
  const { process, index, end } = first
  const isDriverDone = index === 0 && end.code === EXIT_CODES.ok
  if (!isDriverDone) throw endToError(process.name, end)
}
