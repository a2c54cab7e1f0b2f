import { CleanupStack, fromUnknown } from '@shardline/core'
import type { Random } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { Config } from '../config.ts'
import type { FoundStages } from '../stages/stage-source.ts'
import { createRoleKey } from './role-key.ts'
import type { RoleKey } from './role-key.ts'
import { startRoleProcess } from './role-process.ts'
import type { RoleProcess } from './role-process.ts'

/** Options of {@link startRoles}. */
export interface StartRolesInit {
  /** Worker processes; at least 1. */
  readonly workers: number
  /** Workers, and as many validators, that stand by to take a lost stage's place. @default 0 */
  readonly spares?: number
  readonly threads: number | undefined
  readonly isSpinning: boolean
  /** Where they keep and find models. */
  readonly models: Pick<Config, 'cacheFolder' | 'hub'>
  readonly signal: AbortSignal | undefined
  readonly random: Random
  /** Who each is, by its name. @default somebody new */
  readonly keyOf?: (name: string) => Promise<RoleKey>
  /** Where they register, with its id behind `#`. @default nowhere */
  readonly market?: string
  /** Id of the driver that they will serve. */
  readonly driver: PartyId
  /** Told each line that a process writes. */
  readonly onLine: (name: string, line: string) => void
}

/** Workers and a validator that run as processes of this machine and wait for a driver. */
export interface RunningRoles {
  readonly workers: readonly RoleProcess[]
  readonly validator: RoleProcess
  /** Those that stand by. */
  readonly spares: { readonly workers: readonly RoleProcess[]; readonly validators: readonly RoleProcess[] }
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
  const { workers, spares = 0 } = init
  const standBy = Array.from({ length: spares }, (_, index) => `spare-${index + 1}`)
  const workerNames = [...Array.from({ length: workers }, (_, index) => `worker-${index + 1}`), ...standBy]
  const validatorNames = ['validator', ...standBy.map((name) => `validator-${name}`)]
  const keysOf = (names: readonly string[]): Promise<readonly RoleKey[]> =>
    Promise.all(names.map((name) => init.keyOf?.(name) ?? createRoleKey(init.random)))
  const [workerKeys, validatorKeys] = await Promise.all([keysOf(workerNames), keysOf(validatorNames)])
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
  const startAll = (
    role: 'worker' | 'validator',
    names: readonly string[],
    keys: readonly RoleKey[],
  ): readonly Promise<RoleProcess>[] => keys.map((key, index) => start(role, names[index] ?? '', key))
  const settled = await Promise.allSettled([
    ...startAll('worker', workerNames, workerKeys),
    ...startAll('validator', validatorNames, validatorKeys),
  ])
  const running = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((process) => process.stop()))
  }
  const [validator, ...validators] = running.slice(workerNames.length)
  if (validator === undefined || running.length < settled.length) {
    await using cleanup = new CleanupStack()
    cleanup.add(stop)
    throw firstFailure(giveUp.signal.reason ?? init.signal?.reason)
  }
  return {
    workers: running.slice(0, workers),
    validator,
    spares: { workers: running.slice(workers, workerNames.length), validators },
    stop,
  }
}

/** Where the driver dials those that stand by. */
export function dialAddressesOf(spares: RunningRoles['spares']): FoundStages['spares'] {
  const { workers, validators } = spares
  return {
    workers: workers.map(({ dialAddress }) => dialAddress),
    validators: validators.map(({ dialAddress }) => dialAddress),
  }
}

function firstFailure(reason: unknown): Error {
  return fromUnknown(reason)
}

function commandLine(role: string, name: string, init: StartRolesInit): readonly string[] {
  const line = [role, '--listen=127.0.0.1:0', `--name=${name}`, '--quiet']
  if (init.threads !== undefined) line.push(`--threads=${init.threads}`)
  if (!init.isSpinning) line.push('--no-spin')
  if (init.market !== undefined) line.push(`--market=${init.market}`)
  return line
}
