import { CleanupStack, systemClock, systemRandom } from '@shardline/core'
import type { Log } from '@shardline/core'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import type { HubConfig } from '../config.ts'
import type { ClusterProcess } from './cluster-process.ts'
import type { LocalStages } from './local-stages.ts'
import { nodeName, SOFTWARE } from './node-name.ts'
import { rememberedMachine } from './remembered-machine.ts'
import { engineOptions, serveValidator, serveWorker } from './serve-role.ts'

/** Options of {@link startInProcess}. */
export interface InProcessInit {
  readonly threads?: number | undefined
  readonly isSpinning?: boolean | undefined
  readonly cacheFolder: string
  readonly hub: HubConfig
  readonly log: Log
}

/** Starts one worker and a validator in this process; the driver reaches them over memory. They run in turns, so spinning disturbs nobody. */
export async function startInProcess(init: InProcessInit): Promise<LocalStages> {
  const { cacheFolder, hub, log, threads, isSpinning } = init
  await using building = new CleanupStack()
  const network = new MemoryNetwork({ clock: systemClock })
  const engine = engineOptions({ threads, isSpinning })
  const machine = rememberedMachine({ clock: systemClock, cacheFolder, engine })
  const transportFor = (node: string, role: 'driver' | 'worker' | 'validator'): MemoryTransport =>
    new MemoryTransport({ clock: systemClock, log, network }, { self: { node, role, software: SOFTWARE } })
  const processes: ClusterProcess[] = []
  for (const role of ['worker', 'validator'] as const) {
    const node = role === 'worker' ? 'worker-1' : 'validator'
    const listen = `memory:${node}`
    const serve = role === 'worker' ? serveWorker : serveValidator
    const transport = transportFor(node, role)
    const common = { node, transport, listen, cacheFolder, hub, log, machine, threads, isSpinning }
    const service = serve({ ...common, model: undefined, precision: undefined })
    building.add(() => service.stop())
    await service.start()
    processes.push({ name: node, role, address: service.address ?? listen, pid: process.pid })
  }
  const cleanup = building.release()
  return {
    transport: transportFor(nodeName('driver', systemRandom), 'driver'),
    processes,
    spares: { workers: [], validators: [] },
    dialAddresses: processes.map(({ address }) => address),
    stop: () => cleanup.run(),
  }
}
