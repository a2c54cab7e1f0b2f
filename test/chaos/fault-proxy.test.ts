import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { SeededRandom, systemClock, systemRandom } from '@shardline/core'
import t from 'tap'
import type { Test } from 'tap'
import { proxyFaults } from '../support/chaos/fault-proxy.ts'

const seed = Number(process.env['SEED'] ?? systemRandom.integer(2 ** 32))
t.comment(`SEED=${seed}`)
const random = new SeededRandom(seed)

/** Long enough for anything on loopback to arrive that is not held. */
const SILENCE_MS = 100

/** A listener behind a proxy, and one connection to it. */
async function connectThrough(t: Test) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await proxyFaults(`ws://127.0.0.1:${(server.address() as AddressInfo).port}#who`, random)
  const dial = async () => {
    const accepted = once(server, 'connection')
    const near = connect(Number(new URL(proxy.address).port), '127.0.0.1')
    const [far] = (await accepted) as [Socket]
    near.on('error', () => undefined)
    far.on('error', () => undefined)
    return { near, far, heardBy: { near: listen(near), far: listen(far) } }
  }
  const first = await dial()
  t.teardown(async () => {
    await proxy[Symbol.asyncDispose]()
    server.close()
  })
  return { proxy, dial, server, ...first }
}

/** What a socket heard so far. */
function listen(socket: Socket) {
  const chunks: Buffer[] = []
  let wake: () => void = () => undefined
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    wake()
  })
  const heard = (): string => Buffer.concat(chunks).toString()
  return {
    heard,
    until: async (text: string): Promise<void> => {
      while (heard() !== text) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

t.test('passes both ways, and keeps who has to be there', async (t) => {
  const { proxy, near, far, heardBy } = await connectThrough(t)
  t.match(proxy.address, /^ws:\/\/127\.0\.0\.1:\d+#who$/)
  near.write('to the node')
  far.write('from the node')
  await heardBy.far.until('to the node')
  await heardBy.near.until('from the node')
  t.equal(proxy.connections, 1)
})

t.test(
  'a partition is silent both ways, also for new connections, and ends with all that was said',
  async (t) => {
    const { proxy, near, far, heardBy, dial } = await connectThrough(t)
    proxy.hold('both')
    near.write('a')
    far.write('b')
    const late = await dial()
    late.near.write('c')
    await systemClock.sleep(SILENCE_MS)
    t.same([heardBy.far.heard(), heardBy.near.heard(), late.heardBy.far.heard()], ['', '', ''])
    t.notOk(near.closed || far.closed, 'nobody is told')
    proxy.heal()
    await heardBy.far.until('a')
    await heardBy.near.until('b')
    await late.heardBy.far.until('c')
  },
)

t.test('the end of one side is not heard through a partition', async (t) => {
  const { proxy, near, far } = await connectThrough(t)
  proxy.hold('both')
  far.destroy()
  await systemClock.sleep(SILENCE_MS)
  t.notOk(near.closed)
  const closed = once(near, 'close')
  proxy.heal()
  await closed
})

for (const ways of ['towards', 'away'] as const) {
  t.test(`one-way loss ${ways} leaves the other way as it was`, async (t) => {
    const { proxy, near, far, heardBy } = await connectThrough(t)
    proxy.hold(ways)
    near.write('a')
    far.write('b')
    await (ways === 'towards' ? heardBy.near.until('b') : heardBy.far.until('a'))
    await systemClock.sleep(SILENCE_MS)
    t.equal((ways === 'towards' ? heardBy.far : heardBy.near).heard(), '')
    proxy.heal()
    await heardBy.far.until('a')
    await heardBy.near.until('b')
  })
}

t.test('delay and jitter keep the order of what was said', async (t) => {
  const { proxy, near, heardBy } = await connectThrough(t)
  proxy.delay(20, 30)
  const startedMs = systemClock.monotonic()
  for (const letter of 'abcdefgh') {
    near.write(letter)
    await systemClock.sleep(3)
  }
  await heardBy.far.until('abcdefgh')
  t.ok(systemClock.monotonic() - startedMs >= 20, 'it took as long as the network takes')
})

t.test('a cut ends every connection, and new ones are made as before', async (t) => {
  const { proxy, near, far, dial } = await connectThrough(t)
  const ends = Promise.all([once(near, 'close'), once(far, 'close')])
  proxy.cut()
  await ends
  const again = await dial()
  again.near.write('again')
  await again.heardBy.far.until('again')
})

t.test('where nobody listens, a connection ends', async (t) => {
  const { proxy, server, near } = await connectThrough(t)
  proxy.cut()
  await once(near, 'close')
  await new Promise((resolve) => server.close(resolve))
  const refused = connect(Number(new URL(proxy.address).port), '127.0.0.1')
  await once(refused, 'close')
  // It hears of the end of both its sides a moment later.
  while (proxy.connections > 0) await systemClock.sleep(1)
  t.equal(proxy.connections, 0)
})
