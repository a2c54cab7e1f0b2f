import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import { startDelayProxy } from '../../src/plan/delay-proxy.ts'

t.test('passes bytes on late, both ways, in order', async (t) => {
  const server = createServer((socket: Socket) => socket.pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  await using proxy = await startDelayProxy((server.address() as AddressInfo).port, 30)
  const socket = connect(proxy.port, '127.0.0.1')
  await once(socket, 'connect')
  let atHalf: string | undefined
  const sent = Array.from({ length: 50 }, (_, index) => `${index};`).join('')
  for (const piece of sent.split(/(?<=;)/)) socket.write(piece)
  let received = ''
  // All timers are of this process, so that the shorter one goes off first however busy it is.
  setTimeout(() => {
    atHalf = received
  }, 15)
  for await (const bytes of socket) {
    received += String(bytes)
    if (received.length >= sent.length) break
  }
  t.equal(received, sent)
  t.equal(atHalf, '', 'nothing is there before its time')
})

t.test('a connection that ends on one side ends on the other', async (t) => {
  const server = createServer((socket: Socket) => socket.end('bye'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  await using proxy = await startDelayProxy((server.address() as AddressInfo).port, 1)
  const socket = connect(proxy.port, '127.0.0.1')
  let received = ''
  for await (const bytes of socket) received += String(bytes)
  t.equal(received, 'bye')
})
