import { once } from 'node:events'
import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { WebSocket } from 'ws'
import type { Message } from '../src/index.ts'
import { FRAME_BYTES_MAX } from '../src/index.ts'
import { WebSocketChannel } from '../src/websocket-channel.ts'
import { helloFrame, numbered } from './compliance/sample-frames.ts'
import { createWebSocketFixture } from './compliance/websocket-fixture.ts'
import { settledHeapBytes } from './support/heap.ts'
import { mutatedFrame } from './support/mutate-frame.ts'
import { rawSealedPeer } from './support/raw-sealed-peer.ts'
import { testIdentity } from './support/test-identity.ts'
import { testSeed } from './support/test-seed.ts'

const CONNECTIONS = 1500
const FRAMES_PER_CONNECTION = 3
const CONNECTIONS_AT_ONCE = 10

/** Heap growth that can't be a leak per connection or frame: what a link holds is over 10 kB. */
const GROWTH_BYTES_MAX = 8 * 1024 * 1024

const identity = testIdentity()
const seed = testSeed((text) => t.comment(text))

/** One hostile connection: every second one proves who it is and says hello first. Resolves when it is closed. */
async function attack(address: string, frames: readonly Uint8Array[], isPolite: boolean): Promise<void> {
  const socket = new WebSocket(address, { perMessageDeflate: false })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
  })
  const opened = once(socket, 'open').then(() => undefined)
  if (isPolite) {
    const channel = new WebSocketChannel(socket, { address, frameBytesMax: FRAME_BYTES_MAX })
    const raw = await rawSealedPeer(channel, { opened, identity })
    for (const frame of [helloFrame(), ...frames]) raw.send(frame)
  } else {
    await opened
    for (const frame of frames) socket.send(frame)
  }
  socket.close()
  await closed
}

t.test('a listener goes on serving while it is sent garbage, and does not grow', async (t) => {
  const random = new SeededRandom(seed)
  await using fixture = createWebSocketFixture()
  await using listener = await fixture.create({ node: 'far' }).listen(fixture.listenAddress, (link) => {
    void (async () => {
      try {
        for await (const message of link.messages()) await link.send(message)
      } catch {
        // A hostile peer's link breaks; what it broke with is the subject of other tests.
      }
    })()
  })
  const good = await fixture.create({ node: 'good' }).dial(listener.address)
  const answers = good.messages()[Symbol.asyncIterator]()
  const exchange = async (n: number): Promise<Message | undefined> => {
    await good.send(numbered(n))
    return (await answers.next()).value
  }
  const storm = async (connections: number): Promise<void> => {
    for (let i = 0; i < connections; i += CONNECTIONS_AT_ONCE) {
      const attacks = Array.from({ length: CONNECTIONS_AT_ONCE }, (_, n) => {
        const frames = Array.from({ length: FRAMES_PER_CONNECTION }, () => mutatedFrame(random))
        return attack(listener.address, frames, n % 2 === 0)
      })
      await Promise.all(attacks)
      const answer = await exchange(i)
      if (answer?.kind !== 'join' || answer.epoch !== i) t.fail('the good client gets its answer')
    }
  }
  await storm(CONNECTIONS / 5)
  const before = await settledHeapBytes()
  await storm(CONNECTIONS)
  const growth = (await settledHeapBytes()) - before
  t.ok(growth < GROWTH_BYTES_MAX, `the heap grew by ${growth} bytes`)
  t.strictSame(await exchange(9), numbered(9))
  await good.close('done')
})
