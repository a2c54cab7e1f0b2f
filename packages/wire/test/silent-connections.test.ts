import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CleanupStack, systemClock } from '@shardline/core'
import type { Test } from 'tap'
import t from 'tap'
import { linkPair } from './compliance/link-pair.ts'
import type { TransportFixture } from './compliance/transport-fixture.ts'
import { createWebSocketFixture } from './compliance/websocket-fixture.ts'

/** Files that the process of the last test may have open: loading modules takes hundreds at a time. */
const FILES_MAX = 2048
/** To each of its two listeners: more than their part, and together more than there are files for. */
const CONNECTIONS_OF_MANY = 1100
const CONNECTIONS = 200

/** A connection that says nothing. */
async function silentConnection(address: string): Promise<Socket> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  socket.on('error', () => undefined).resume()
  await once(socket, 'connect')
  return socket
}

/** So many connections that say nothing. */
function silentConnections(address: string, count = CONNECTIONS): Promise<readonly Socket[]> {
  return Promise.all(Array.from({ length: count }, () => silentConnection(address)))
}

/** A new link is made beside connections, and none of them is cut for it. */
async function assertHeld(
  t: Test,
  fixture: TransportFixture,
  { address, held }: { readonly address: string; readonly held: readonly Socket[] },
): Promise<void> {
  const link = await fixture.create().dial(address)
  await link.close('done')
  t.equal(link.closeReason, 'done', 'a link is made beside them')
  t.notOk(
    held.some(({ destroyed }) => destroyed),
    'none of them is cut',
  )
}

t.test('holds a connection that says nothing, and hears it when it does speak', async (t) => {
  await using fixture = createWebSocketFixture()
  await using cleanup = new CleanupStack()
  // Of those that have said something not one place is to spare.
  const limits = { handshakesOpenMax: 1, handshakesPerAddressMax: 1 }
  await using pair = await linkPair(fixture, { far: { limits } })
  const { address } = pair.listener
  const silent = await silentConnections(address)
  cleanup.add(async () => silent.forEach((socket) => socket.destroy()))
  await assertHeld(t, fixture, { address, held: silent })
  const [first] = silent
  if (first === undefined) throw new Error('there is none')
  first.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [answer] = (await once(first, 'data')) as [Buffer]
  t.match(answer.toString(), /^HTTP\/1\.1 426 /, 'who speaks late is heard')
})

t.test('holds a connection while its request is not whole, and takes it however it comes', async (t) => {
  await using fixture = createWebSocketFixture()
  const limits = { handshakesOpenMax: 1, handshakesPerAddressMax: 1 }
  await using pair = await linkPair(fixture, { far: { limits } })
  const headers = [
    ['', /^HTTP\/1\.1 426 /],
    [`X-Long: ${'a'.repeat(4096)}\r\n`, /^HTTP\/1\.1 426 /],
    [`X-Too-Long: ${'a'.repeat(65_536)}\r\n`, /^HTTP\/1\.1 431 /],
  ] as const
  for (const [header, expected] of headers) {
    const socket = await silentConnection(pair.listener.address)
    const answer = once(socket, 'data') as Promise<[Buffer]>
    const request = `GET / HTTP/1.1\r\nHost: a\r\n${header}\r\n`
    const middle = request.length - 2
    for (const part of [request.slice(0, 1), request.slice(1, middle), request.slice(middle)]) {
      socket.write(part)
      await systemClock.sleep(10)
    }
    t.match((await answer)[0].toString(), expected)
    socket.destroy()
  }

  const { address } = pair.listener
  const begun = await silentConnections(address)
  for (const socket of begun) socket.write('GET / HTTP/1.1\r\nHost: ')
  await assertHeld(t, fixture, { address, held: begun })
  for (const socket of begun) socket.destroy()
})

t.test('answers at once what is no request', async (t) => {
  await using fixture = createWebSocketFixture()
  await using pair = await linkPair(fixture)
  for (const said of ['\x16\x03\x01', 'SSH-2.0-test\r\n', 'GIT']) {
    const socket = await silentConnection(pair.listener.address)
    socket.write(said)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    t.match(answer.toString(), /^HTTP\/1\.1 400 /, JSON.stringify(said))
    socket.destroy()
  }
})

t.test('cuts a connection that says nothing for too long, or ends', async (t) => {
  await using fixture = createWebSocketFixture()
  await using pair = await linkPair(fixture, { far: { limits: { silentMsMax: 50 } } })
  const socket = await silentConnection(pair.listener.address)
  await once(socket, 'close')
  t.ok(socket.destroyed, 'its time is up')

  await using patient = await linkPair(fixture, { far: { limits: { silentMsMax: 3_600_000 } } })
  const ending = await silentConnection(patient.listener.address)
  ending.end()
  await once(ending, 'close')
  t.ok(ending.destroyed, 'nothing is left to wait for')
})

t.test('does not cut all at once that came together', async (t) => {
  await using fixture = createWebSocketFixture()
  await using pair = await linkPair(fixture, { far: { limits: { silentMsMax: 4000 } } })
  const silent = await silentConnections(pair.listener.address)
  await Promise.race(silent.map((socket) => once(socket, 'close')))
  await systemClock.sleep(100)
  const open = silent.filter(({ destroyed }) => !destroyed).length
  t.ok(open > CONNECTIONS / 2, `${open} are still open when the first are cut`)
  for (const socket of silent) socket.destroy()
})

t.test('closes although connections that say nothing are open', async (t) => {
  await using fixture = createWebSocketFixture()
  const pair = await linkPair(fixture)
  const socket = await silentConnection(pair.listener.address)
  await pair[Symbol.asyncDispose]()
  if (!socket.destroyed) await once(socket, 'close')
  t.ok(socket.destroyed)
})

t.test('holds no more than leaves files for links, and for all else', async (t) => {
  await using fixture = createWebSocketFixture()
  await using cleanup = new CleanupStack()
  const script = fileURLToPath(new URL('support/limited-listener-main.ts', import.meta.url))
  const node = `exec "$0" --import "$1" --conditions=shardline-source "$2"`
  const child = spawn(
    'sh',
    ['-c', `ulimit -n ${FILES_MAX} && ${node}`, process.execPath, import.meta.resolve('tsx'), script],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const exited = once(child, 'exit')
  cleanup.add(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const line = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>
  const [addresses] = await Promise.race([
    line,
    exited.then(() => Promise.reject(new Error('it did not start'))),
  ])
  const listening = JSON.parse(addresses) as readonly string[]
  t.equal(listening.length, 2)
  const silent: Socket[] = []
  cleanup.add(async () => silent.forEach((socket) => socket.destroy()))
  for (const address of listening) silent.push(...(await silentConnections(address, CONNECTIONS_OF_MANY)))
  for (const address of listening) {
    const link = await fixture.create().dial(address)
    await link.close('done')
    t.equal(link.closeReason, 'done')
  }
  // One that is the only one of its listener isn't cut.
  const most = FILES_MAX / 2 + listening.length
  const held = (): number => silent.filter(({ destroyed }) => !destroyed).length
  while (held() > most) await systemClock.sleep(10)
  t.ok(held() > 0, `${held()} are held, and the others are not`)
})
