import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import { dialPeer } from '@shardline/node'
import { WebSocketTransport } from '@shardline/wire'
import type { DescriptionMessage } from '@shardline/wire'

const DIAL_MS_MAX = 10_000

/** Asks a worker or validator at `ws://host:port#id` what it is and does. @throws what dialing throws. */
export async function describeNode(address: string): Promise<DescriptionMessage> {
  const transport = new WebSocketTransport(
    { clock: systemClock, log: silentLog },
    {
      self: { node: 'test', role: 'driver', software: 'test' },
      security: { identity: await createIdentity(systemRandom) },
    },
  )
  const link = await dialPeer(transport, address, { signal: AbortSignal.timeout(DIAL_MS_MAX) })
  try {
    await link.send({ kind: 'describe', request: 1 })
    for await (const message of link.messages()) if (message.kind === 'description') return message
    throw new Error(`${address} said nothing`)
  } finally {
    await link.close('asked')
  }
}
