import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { LayerRange, Log } from '@shardline/core'
import type { PackProgress, Precision } from '@shardline/model'
import { WebSocketTransport } from '@shardline/wire'
import { readConfig } from '../config.ts'
import type { HubConfig } from '../config.ts'
import type { ClusterProcess } from './cluster-process.ts'
import { hostDriver } from './driver-host.ts'
import type { DriverHost } from './driver-host.ts'
import { startInProcess } from './in-process.ts'
import { nodeName, SOFTWARE } from './node-name.ts'
import type { LocalStages } from './local-stages.ts'
import { STAGE_LINK_LIMITS } from './stage-link-limits.ts'
import { createRoleKey, linkSecurity } from './role-key.ts'
import type { RoleProcess } from './role-process.ts'
import { dialAddressesOf, startRoles } from './start-roles.ts'

/** Options of {@link startLocalCluster}. */
export interface LocalClusterInit {
  /** Folder, file, address or hub id of the model. */
  readonly model: string
  /** Worker processes; 0 runs everything in this process over the memory transport. */
  readonly workers: number
  /** Worker processes, and as many validators, that stand by to take a lost stage's place. Needs workers. @default 0 */
  readonly spares?: number | undefined
  /** @default 'auto' */
  readonly precision?: Precision
  /** Threads of one run in each stage. @default the number of available cores */
  readonly threads?: number | undefined
  /** Whether threads spin while a run waits for work. @default true */
  readonly isSpinning?: boolean | undefined
  /** Layers of each worker, in order; with 0 workers, one range with all. @default planned by measured speed and free memory */
  readonly layers?: readonly LayerRange[] | undefined
  /** Longest session in tokens. @default the model's own context length */
  readonly contextLength?: number | undefined
  /** Rows of one prefill frame at the most, or all of a prompt. @default the driver's */
  readonly prefillChunkRows?: number | 'all' | undefined
  /** Where downloads and packed shards are kept. @default SHARDLINE_CACHE, else the platform's cache folder */
  readonly cacheFolder?: string | undefined
  /** Hub of model ids. @default what the environment says */
  readonly hub?: HubConfig | undefined
  /** Told how far downloading, packing and loading are. */
  readonly onProgress?: PackProgress | undefined
  /** Told each line that a process of the cluster writes. @default they are dropped */
  readonly onLine?: ((name: string, line: string) => void) | undefined
  /** Gives up starting; a started cluster is stopped with `stop`. */
  readonly signal?: AbortSignal | undefined
  /** @default silent */
  readonly log?: Log | undefined
}

/** A pipeline whose stages all run on this machine, and its driver in this process. */
export interface LocalCluster extends DriverHost {
  /** Driver, workers and validator; then the workers and validators that stand by. */
  readonly processes: readonly ClusterProcess[]
  /** Ends the pipeline and every process of it. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a pipeline on this machine: with workers as processes, or all in this process.
 *
 * @throws what opening the model, starting the stages and forming the pipeline throw; nothing is left running then.
 */
export async function startLocalCluster(init: LocalClusterInit): Promise<LocalCluster> {
  const config = readConfig()
  const cacheFolder = init.cacheFolder ?? config.cacheFolder
  const hub = init.hub ?? config.hub
  await using building = new CleanupStack()
  const stages = await startStages({ ...init, cacheFolder, hub })
  building.add(() => stages.stop())
  const host = await hostDriver({
    transport: stages.transport,
    model: init.model,
    workers: stages.dialAddresses.slice(0, -1),
    validator: stages.dialAddresses.at(-1) ?? '',
    spares: stages.spares,
    precision: init.precision ?? 'auto',
    layers: init.layers,
    contextLength: init.contextLength,
    prefillChunkRows: init.prefillChunkRows,
    isOneMachine: true,
    cacheFolder,
    hub,
    onProgress: init.onProgress,
    signal: init.signal,
    log: init.log,
  })
  building.add(async () => host[Symbol.asyncDispose]())
  const cleanup = building.release()
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= cleanup.run())
  const driver: ClusterProcess = { name: 'driver', role: 'driver', address: 'local', pid: process.pid }
  return { ...host, processes: [driver, ...stages.processes], stop, [Symbol.asyncDispose]: stop }
}

interface StagesInit extends LocalClusterInit {
  readonly cacheFolder: string
  readonly hub: HubConfig
}

async function startStages(init: StagesInit): Promise<LocalStages> {
  const log = init.log ?? silentLog
  if (init.workers === 0) return startInProcess({ ...init, log })
  const { identity } = await createRoleKey(systemRandom)
  const roles = await startRoles({
    random: systemRandom,
    driver: identity.id,
    workers: init.workers,
    spares: init.spares ?? 0,
    threads: init.threads,
    isSpinning: init.isSpinning ?? true,
    models: { cacheFolder: init.cacheFolder, hub: init.hub },
    signal: init.signal,
    onLine: (name, line) => init.onLine?.(name, line),
  })
  const self = { node: nodeName('driver', systemRandom), role: 'driver', software: SOFTWARE } as const
  return {
    transport: new WebSocketTransport(
      { clock: systemClock, log },
      { self, security: linkSecurity(identity, undefined), limits: STAGE_LINK_LIMITS },
    ),
    dialAddresses: [...roles.workers, roles.validator].map(({ dialAddress }) => dialAddress),
    spares: dialAddressesOf(roles.spares),
    processes: [
      ...roles.workers.map((worker) => processOf(worker, 'worker')),
      processOf(roles.validator, 'validator'),
      ...roles.spares.workers.map((worker) => processOf(worker, 'worker')),
      ...roles.spares.validators.map((validator) => processOf(validator, 'validator')),
    ],
    stop: () => roles.stop(),
  }
}

function processOf({ name, address, pid }: RoleProcess, role: 'worker' | 'validator'): ClusterProcess {
  return { name, role, address, pid }
}
