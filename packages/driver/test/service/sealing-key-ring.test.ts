import t from 'tap'
import { ManualClock, SeededRandom } from '@shardline/core'
import { createIdentity, encryptionKeyOfEntry } from '@shardline/identity'
import { RotatingKeyRing } from '../../src/index.ts'

t.test('a key is offered for half of its time, and opens for all of it', async (t) => {
  const clock = new ManualClock(1_800_000_000_000)
  const random = new SeededRandom(1)
  const identity = await createIdentity(random)
  const ring = new RotatingKeyRing({ identity, clock, random }, { validMs: 1000 })
  const [first, again] = await Promise.all([ring.current(), ring.current()])
  t.same(again, first, 'asked twice at once, one is made')
  clock.advance(499)
  t.same(await ring.current(), first)
  clock.advance(1)
  const second = await ring.current()
  t.equal(second.sequence, first.sequence + 1)
  const opened = async (): Promise<readonly string[]> =>
    (await ring.pairs()).map(({ publicKey }) => Buffer.from(publicKey).toString('hex'))
  const hexOf = (entry: typeof first): string => Buffer.from(encryptionKeyOfEntry(entry)).toString('hex')
  t.same(await opened(), [hexOf(first), hexOf(second)])
  clock.advance(501)
  t.same(await opened(), [hexOf(second)], 'what ran out opens nothing')
})
