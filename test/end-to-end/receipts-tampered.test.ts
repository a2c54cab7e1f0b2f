import type { HiddenMessage, Link, Message, Transport } from '@shardline/wire'
import t from 'tap'
import { startMemoryCluster } from '../support/memory-cluster.ts'
import { proven, requestOf } from '../support/proven-answers.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const cacheFolder = sharedCacheFolder()

/** Changes one number of the first rows that reach `position` on links that `node` dials. */
function changesRow(node: string, position: number): (transport: Transport, of: string) => Transport {
  const change = (message: Message): Message => {
    if (message.kind !== 'hidden') return message
    let first = 0
    for (const { position: start, rows } of message.segments) {
      const isHit = start <= position && position < start + rows
      if (isHit) return withChange(message, (first + position - start) * message.hiddenSize)
      first += rows
    }
    return message
  }
  return (transport, of) => {
    if (of !== node) return transport
    return {
      listen: (address, onLink) => transport.listen(address, onLink),
      dial: async (address, options) => {
        const link = await transport.dial(address, options)
        return new Proxy(link, {
          get: (target, key) => {
            if (key === 'send') return (message: Message) => target.send(change(message))
            const value: unknown = Reflect.get(target, key, target)
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          },
        }) satisfies Link
      },
    }
  }
}

function withChange(message: HiddenMessage, index: number): HiddenMessage {
  const payload = message.payload.slice()
  payload[index] = (payload[index] ?? 0) + 0.5
  return { ...message, payload }
}

for (const [node, names] of [
  ['w1', /worker 2 \(node w2.* took other rows than worker 1 \(node w1.*positions 32 to \d+ of choice 1/],
  ['w2', /the validator \(node v.* took other rows than worker 2 \(node w2/],
  ['d', /worker 1 \(node w1.* took other rows than the driver/],
] as const) {
  t.test(
    `one row that ${node} gives otherwise than it signs is found, and both sides are named`,
    async (t) => {
      const disguise = changesRow(node, 34)
      await using cluster = await startMemoryCluster(cacheFolder, 2, { isSecured: true, disguise })
      await t.rejects(proven(cluster, [requestOf(cluster)]), {
        code: 'DRIVER_RECEIPT_MISMATCH',
        message: names,
      })
    },
  )
}
