import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { Link, Transport } from '@shardline/wire'
import { MemoryNetwork, MemoryTransport, WebSocketTransport } from '@shardline/wire'
import type { LinkSubject } from './link-subject.ts'

const COMPONENTS = { clock: systemClock, log: silentLog }
const SELF = { node: 'bench', role: 'worker', software: 'bench/1.0.0' } as const

/** Two transports of one kind, and a link between them. */
export type TransportKind = 'memory, in clear' | 'memory, sealed' | 'WebSockets, sealed'

/** Links two transports and hands messages through. */
export async function transportSubject(kind: TransportKind): Promise<LinkSubject> {
  const network = new MemoryNetwork(COMPONENTS)
  const create = async (): Promise<Transport> => {
    const security = { identity: await createIdentity(systemRandom) }
    if (kind === 'WebSockets, sealed') return new WebSocketTransport(COMPONENTS, { self: SELF, security })
    const isSealed = kind === 'memory, sealed'
    return new MemoryTransport({ ...COMPONENTS, network }, { self: SELF, ...(isSealed ? { security } : {}) })
  }
  const [near, far] = [await create(), await create()]
  const accepted: Link[] = []
  const address = kind === 'WebSockets, sealed' ? 'ws://127.0.0.1:0' : 'memory:'
  const listener = await far.listen(address, (link) => accepted.push(link))
  const sender = await near.dial(listener.address)
  const iterator = accepted[0]?.messages()[Symbol.asyncIterator]()
  return {
    carrier: kind === 'WebSockets, sealed' ? 'WebSockets' : 'memory',
    protection: kind === 'memory, in clear' ? 'in clear' : 'sealed',
    send: (message) => sender.send(message),
    next: async () => (await iterator?.next())?.value,
    connect: async () => {
      const link = await near.dial(listener.address)
      await link.close('measured')
    },
    [Symbol.asyncDispose]: () => listener.close(),
  }
}
