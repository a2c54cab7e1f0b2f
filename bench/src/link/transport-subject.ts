import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { Link } from '@shardline/wire'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import type { BenchTransport } from '../sealing/open-transport.ts'
import { openTransport } from '../sealing/open-transport.ts'
import type { Protection } from './link-results.ts'
import type { LinkSubject } from './link-subject.ts'

const COMPONENTS = { clock: systemClock, log: silentLog }
const SELF = { node: 'bench', role: 'worker', software: 'bench/1.0.0' } as const

/** Two transports of one kind, and a link between them. */
export type TransportKind =
  'memory, in clear' | 'memory, sealed' | 'WebSockets, in clear' | 'WebSockets, sealed'

/** Links two transports and hands messages through. */
export async function transportSubject(kind: TransportKind): Promise<LinkSubject> {
  const isMemory = kind === 'memory, in clear' || kind === 'memory, sealed'
  const protection = kind === 'memory, sealed' || kind === 'WebSockets, sealed' ? 'sealed' : 'in clear'
  const network = new MemoryNetwork(COMPONENTS)
  const open = (): Promise<BenchTransport> =>
    isMemory ? openMemory(network, protection) : openTransport(protection, 'worker')
  await using building = new CleanupStack()
  const [near, far] = [await open(), await open()]
  building.add(async () => near[Symbol.asyncDispose]())
  building.add(async () => far[Symbol.asyncDispose]())
  const accepted: Link[] = []
  const address = isMemory ? 'memory:' : 'ws://127.0.0.1:0'
  const listener = await far.transport.listen(address, (link) => accepted.push(link))
  building.add(() => listener.close())
  const sender = await near.transport.dial(listener.address)
  const iterator = accepted[0]?.messages()[Symbol.asyncIterator]()
  const cleanup = building.release()
  return {
    carrier: isMemory ? 'memory' : 'WebSockets',
    protection,
    send: (message) => sender.send(message),
    next: async () => (await iterator?.next())?.value,
    connect: async () => {
      const link = await near.transport.dial(listener.address)
      await link.close('measured')
    },
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

async function openMemory(network: MemoryNetwork, protection: Protection): Promise<BenchTransport> {
  const security = { identity: await createIdentity(systemRandom) }
  const init = { self: SELF, ...(protection === 'sealed' ? { security } : {}) }
  return {
    transport: new MemoryTransport({ ...COMPONENTS, network }, init),
    nameOf: (address) => address,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
