import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { CleanupStack } from '@shardline/core'
import t from 'tap'
import { WebSocket } from 'ws'
import { nodeLinkCrypto } from '../../src/index.ts'
import { writeRecord } from '../../src/secure/handshake-record.ts'
import { linkPair, take } from '../compliance/link-pair.ts'
import { numbered } from '../compliance/sample-frames.ts'
import { createWebSocketFixture } from '../compliance/websocket-fixture.ts'

const CONNECTIONS = process.env['SHARDLINE_SOAK'] === '1' ? 10_000 : 400
const OPEN_MAX = 24

/** A connection that never gets further, and whether it is still open. */
interface HalfOpen {
  readonly isOpen: () => boolean
  readonly destroy: () => void
}

const half: Readonly<Record<string, (address: string) => Promise<HalfOpen>>> = {
  'connections that say nothing': async (address) => {
    const socket: Socket = connect(Number(new URL(address).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    await once(socket, 'connect')
    return { isOpen: () => !socket.destroyed, destroy: () => socket.destroy() }
  },
  'WebSockets that begin a handshake and stop': async (address) => {
    const socket = new WebSocket(address, { perMessageDeflate: false })
    socket.on('error', () => undefined)
    socket.on('open', () => socket.send(writeRecord('first', nodeLinkCrypto.generateKeyPair().publicKey)))
    await Promise.race([once(socket, 'open'), once(socket, 'close')])
    return { isOpen: () => socket.readyState === WebSocket.OPEN, destroy: () => socket.terminate() }
  },
}

for (const [what, open] of Object.entries(half)) {
  t.test(`goes on serving, and takes new links, under ${what}`, async (t) => {
    await using fixture = createWebSocketFixture()
    await using cleanup = new CleanupStack()
    const limits = {
      handshakesOpenMax: OPEN_MAX,
      handshakesPerAddressMax: OPEN_MAX,
      silentOpenMax: OPEN_MAX,
    }
    await using pair = await linkPair(fixture, { far: { limits } })
    const flood: HalfOpen[] = []
    for (let i = 0; i < CONNECTIONS; i++) {
      const one = await open(pair.listener.address)
      cleanup.add(async () => one.destroy())
      flood.push(one)
      if (i % 100 !== 99) continue
      await pair.near.send(numbered(i))
      t.strictSame(await take(pair.far, 1), [numbered(i)], 'the link of before goes on')
      const late = await fixture.create().dial(pair.listener.address)
      await late.close('done')
      t.equal(late.closeReason, 'done', 'a new link is made')
    }
    while (flood.filter(({ isOpen }) => isOpen()).length > OPEN_MAX) {
      await new Promise((resolve) => {
        setTimeout(resolve, 10)
      })
    }
    t.ok(flood.at(-1)?.isOpen(), 'the newest may still become a link')
    t.notOk(flood[0]?.isOpen(), 'the oldest had to go')
  })
}
