import { CleanupStack, fromUnknown } from '@shardline/core'
import type { Random } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { Config } from '../config.ts'
import { createRoleKey } from './role-key.ts'
import type { RoleKey } from './role-key.ts'
import { startRoleProcess } from './role-process.ts'
import type { RoleProcess } from './role-process.ts'

/** Options of {@link startRoles}. */
export interface StartRolesInit {
  /** Worker processes; at least 1. */
  readonly workers: number
  readonly threads: number | undefined
  readonly isSpinning: boolean
  /** Where they keep and find models. */
  readonly models: Pick<Config, 'cacheFolder' | 'hub'>
  readonly signal: AbortSignal | undefined
  readonly random: Random
  /** Id of the driver that they will serve. */
  readonly driver: PartyId
  /** Told each line that a process writes. */
  readonly onLine: (name: string, line: string) => void
}

/** Workers and a validator that run as processes of this machine and wait for a driver. */
export interface RunningRoles {
  readonly workers: readonly RoleProcess[]
  readonly validator: RoleProcess
  /** Ends them all at the same time. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts workers and a validator on free loopback ports, all at the same time.
 *
 * @throws what the first that failed reported; the others have ended then.
 */
export async function startRoles(init: StartRolesInit): Promise<RunningRoles> {
  const giveUp = new AbortController()
  const signal = init.signal === undefined ? giveUp.signal : AbortSignal.any([init.signal, giveUp.signal])
  const names = Array.from({ length: init.workers }, (_, index) => `worker-${index + 1}`)
  const validatorKey = await createRoleKey(init.random)
  const workerKeys = await Promise.all(names.map(() => createRoleKey(init.random)))
  // The driver and the stage before connect to a stage; which that will be is planned later.
  const allow = [init.driver, ...workerKeys.map(({ identity }) => identity.id)]
  const start = async (role: 'worker' | 'validator', name: string, key: RoleKey): Promise<RoleProcess> => {
    try {
      return await startRoleProcess({
        name,
        commandLine: commandLine(role, name, init),
        isForeground: false,
        key,
        allow,
        onLine: (line) => init.onLine(name, line),
        models: init.models,
        signal,
      })
    } catch (cause) {
      giveUp.abort(cause)
      throw cause
    }
  }
  const starting = [
    start('validator', 'validator', validatorKey),
    ...workerKeys.map((key, index) => start('worker', names[index] ?? '', key)),
  ]
  const settled = await Promise.allSettled(starting)
  const running = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((process) => process.stop()))
  }
  const [validator, ...workers] = running
  if (validator === undefined || running.length < settled.length) {
    await using cleanup = new CleanupStack()
    cleanup.add(stop)
    throw firstFailure(giveUp.signal.reason ?? init.signal?.reason)
  }
  return { workers, validator, stop }
}

function firstFailure(reason: unknown): Error {
  return fromUnknown(reason)
}

function commandLine(role: string, name: string, init: StartRolesInit): readonly string[] {
  const line = [role, '--listen=127.0.0.1:0', `--name=${name}`, '--quiet']
  if (init.threads !== undefined) line.push(`--threads=${init.threads}`)
  if (!init.isSpinning) line.push('--no-spin')
  return line
}
