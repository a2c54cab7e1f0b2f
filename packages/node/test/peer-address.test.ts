import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import t from 'tap'
import { dialPeer, formatPeerAddress, parsePeerAddress } from '../src/index.ts'

const { signal } = new AbortController()
const [one, other] = [await createIdentity(systemRandom), await createIdentity(systemRandom)]

t.test('reads what it writes', async (t) => {
  const text = formatPeerAddress('ws://10.0.0.2:7101', one.publicKey)
  t.equal(text, `ws://10.0.0.2:7101#${one.id}`)
  const { address, expectPublicKey } = parsePeerAddress(text)
  t.equal(address, 'ws://10.0.0.2:7101')
  t.strictSame(Buffer.from(expectPublicKey ?? []), Buffer.from(one.publicKey))
})

t.test('expects nobody where an address names nobody', async (t) => {
  t.equal(formatPeerAddress('memory:w1', undefined), 'memory:w1')
  t.strictSame(parsePeerAddress('memory:w1'), { address: 'memory:w1', expectPublicKey: undefined })
})

t.test('refuses an id with a mistake in it', async (t) => {
  const wrong = `${one.id.slice(0, -1)}${one.id.endsWith('q') ? 'p' : 'q'}`
  for (const id of [wrong, '', 'shard1', one.id.toUpperCase()]) {
    t.throws(() => parsePeerAddress(`ws://10.0.0.2:7101#${id}`), { code: 'IDENTITY_ID_INVALID' }, id)
  }
})

t.test('reaches whom the address names, or nobody', async (t) => {
  const components = { clock: systemClock, log: silentLog }
  const self = { node: 'n', role: 'worker', software: 'test/1' } as const
  const far = new WebSocketTransport(components, { self, security: { identity: one } })
  const near = new WebSocketTransport(components, { self, security: { identity: other } })
  await using listener = await far.listen('ws://127.0.0.1:0', () => undefined)
  const link = await dialPeer(near, formatPeerAddress(listener.address, one.publicKey), { signal })
  t.strictSame(link.peer.publicKey, one.publicKey)
  await t.rejects(dialPeer(near, formatPeerAddress(listener.address, other.publicKey), { signal }), {
    code: 'WIRE_PEER_WRONG',
  })
  await link.close('done')
})
