import { connectDriver } from '@shardline/client'
import type { AnswerSource } from '@shardline/client'
import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Random } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import { storyteller } from '../test-models.ts'
import type { ChaosProcess } from './chaos-process.ts'
import { proxyFaults } from './fault-proxy.ts'
import type { FaultProxy } from './fault-proxy.ts'
import { ProcessGroup } from './process-group.ts'

/** A process, the network before it, and who it is. */
export interface ChaosNode {
  readonly process: ChaosProcess
  readonly proxy: FaultProxy
  readonly identity: Identity
}

/** Options of {@link startChaosCluster}. */
export interface ChaosClusterInit {
  /** Draws what the network does. */
  readonly random: Random
  /** Workers that are planned at first. @default 2 */
  readonly workers?: number
  /** Workers, and as many validators, that stand by. @default 1 */
  readonly spares?: number
  /** @default the bundled model */
  readonly model?: string
}

/** A driver that serves, its stages and those that stand by: each a process behind a network of its own. */
export interface ChaosCluster extends AsyncDisposable {
  readonly group: ProcessGroup
  /** Those that were planned at first, then those that stood by. */
  readonly workers: readonly ChaosNode[]
  readonly validators: readonly ChaosNode[]
  readonly driver: ChaosNode
  /** A user of it. */
  connect(): Promise<AnswerSource>
}

const ON_LOOPBACK = ['--threads', '1', '--no-spin']

/** Starts all processes. Everybody reaches everybody through the proxies alone. */
export async function startChaosCluster(init: ChaosClusterInit): Promise<ChaosCluster> {
  const { random, workers = 2, spares = 1, model = storyteller } = init
  await using building = new CleanupStack()
  const group = await ProcessGroup.create()
  building.add(() => group[Symbol.asyncDispose]())
  const stage = async (role: 'worker' | 'validator', index: number): Promise<ChaosNode> => {
    const name = `${role}-${index + 1}`
    const identity = await group.createKey(name)
    const args = [role, '--name', name, '--key', name, '--model', model, ...ON_LOOPBACK]
    const process = await group.start({ name, args, ready: /^listening on (\S+)$/m })
    const proxy = await proxyFaults(process.address, random)
    building.add(async () => proxy[Symbol.asyncDispose]())
    return { process, proxy, identity }
  }
  const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)
  const [workerNodes, validatorNodes] = await Promise.all([
    Promise.all(range(workers + spares).map((index) => stage('worker', index))),
    Promise.all(range(1 + spares).map((index) => stage('validator', index))),
  ])
  const list = (nodes: readonly ChaosNode[]): string => nodes.map(({ proxy }) => proxy.address).join(',')
  const identity = await group.createKey('driver')
  const nodes = [
    ['--workers', list(workerNodes.slice(0, workers))],
    ['--validator', list(validatorNodes.slice(0, 1))],
    ...(spares === 0 ? [] : [['--spare-workers', list(workerNodes.slice(workers))]]),
    ...(spares === 0 ? [] : [['--spare-validators', list(validatorNodes.slice(1))]]),
  ]
  const process = await group.start({
    name: 'driver',
    args: ['driver', '--key', 'driver', '--model', model, '--serve-as', 'chaos', '--quiet', ...nodes.flat()],
    listenOption: '--serve',
    ready: /^serving on (\S+)$/m,
  })
  const proxy = await proxyFaults(process.address, random)
  building.add(async () => proxy[Symbol.asyncDispose]())
  const driver: ChaosNode = { process, proxy, identity }
  const cleanup = building.release()
  return {
    group,
    workers: workerNodes,
    validators: validatorNodes,
    driver,
    connect: async () => {
      const source = await connectTo(driver, validatorNodes)
      cleanup.add(async () => source[Symbol.asyncDispose]())
      return source
    },
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

async function connectTo(driver: ChaosNode, validators: readonly ChaosNode[]): Promise<AnswerSource> {
  const transport = new WebSocketTransport(
    { clock: systemClock, log: silentLog },
    {
      self: { node: 'user', role: 'client', software: 'test' },
      security: { identity: await createIdentity(systemRandom) },
    },
  )
  return connectDriver(
    { transport, clock: systemClock, random: systemRandom, log: silentLog },
    {
      driver: driver.identity.id,
      addresses: [driver.proxy.address.replace(/#.*$/, '')],
      validators: validators.map(({ identity }) => identity.id),
    },
  )
}
