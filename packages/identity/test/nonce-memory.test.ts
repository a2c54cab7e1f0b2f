import { ManualClock } from '@shardline/core'
import t from 'tap'
import { MemoryNonces } from '../src/index.ts'
import { NOW_MS, partyOf } from './support/parties.ts'

const { identity } = await partyOf(1)
const { identity: other } = await partyOf(2)
const signer = identity.id

t.test('knows a nonce of a signer until its time is over', async (t) => {
  const clock = new ManualClock(NOW_MS)
  const nonces = new MemoryNonces({ clock })
  const entry = { signer, nonce: 'a', untilMs: NOW_MS + 100 }
  t.ok(await nonces.remember(entry))
  t.notOk(await nonces.remember(entry))
  t.notOk(await nonces.remember({ ...entry, untilMs: NOW_MS + 200 }), 'under another time too')
  t.ok(await nonces.remember({ ...entry, signer: other.id }), 'another signer has its own')
  clock.advance(100)
  t.notOk(await nonces.remember(entry), 'in its last millisecond')
  clock.advance(1)
  t.ok(await nonces.remember({ ...entry, untilMs: NOW_MS + 300 }))
})

t.test('refuses rather than forgets when it is full, and makes room when nonces ran out', async (t) => {
  const clock = new ManualClock(NOW_MS)
  const nonces = new MemoryNonces({ clock, noncesMax: 3, sweepMs: 10 })
  const remember = (nonce: string): Promise<boolean> =>
    nonces.remember({ signer, nonce, untilMs: clock.now() + 100 })
  for (const nonce of ['a', 'b', 'c']) t.ok(await remember(nonce))
  await t.rejects(remember('d'), { code: 'IDENTITY_NONCE_MEMORY_FULL', retryable: true, message: /3/ })
  t.notOk(await remember('a'), 'what it knows it still knows')
  t.equal(nonces.size, 3)
  clock.advance(101)
  t.ok(await remember('d'))
  t.equal(nonces.size, 1)
})
