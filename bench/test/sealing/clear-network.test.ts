import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import type { Link, Message } from '@shardline/wire'
import type { Test } from 'tap'
import t from 'tap'
import { frameOf } from '../../src/link/measure-link.ts'
import { openTransport } from '../../src/sealing/open-transport.ts'

for (const protection of ['in clear', 'sealed'] as const) {
  t.test(`passes frames on between sockets, ${protection}`, async (t) => {
    await using near = await openTransport(protection, 'driver')
    await using far = await openTransport(protection, 'worker')
    const accepted: Link[] = []
    await using listener = await far.transport.listen('ws://127.0.0.1:0', (link) => accepted.push(link))
    const [wire, address] = await recordingProxy(t, listener.address)
    const link = await near.transport.dial(address)
    const frame = frameOf(4096)
    await link.send(frame)
    const { value } = await accepted[0]!.messages()[Symbol.asyncIterator]().next()
    t.same((value as Message & { payload: Float32Array }).payload, frame.payload)
    const payload = Buffer.from(frame.payload.buffer)
    // The dialing side's WebSocket masks what it sends; the other way frames pass as they are.
    await accepted[0]!.send(frame)
    await link.messages()[Symbol.asyncIterator]().next()
    t.equal(Buffer.concat(wire).includes(payload), protection === 'in clear', 'hidden states on the wire')
    await link.close('test over')
  })
}

/** Keeps all that a listener sends. */
async function recordingProxy(t: Test, address: string): Promise<readonly [Buffer[], string]> {
  const bytes: Buffer[] = []
  const proxy = createServer((socket) => {
    const target = connect(Number(new URL(address).port), '127.0.0.1')
    target.on('data', (chunk) => bytes.push(chunk))
    target.on('error', () => socket.destroy())
    socket.on('error', () => target.destroy())
    socket.pipe(target).pipe(socket)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => proxy.close())
  return [bytes, `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`]
}
