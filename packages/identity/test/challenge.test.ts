import fc from 'fast-check'
import t from 'tap'
import { ChallengeBook, answerChallenge } from '../src/index.ts'
import type { ChallengeAnswer } from '../src/index.ts'
import { partyOf, world } from './support/parties.ts'
import { testSeed } from './support/test-seed.ts'

const { identity: alice } = await partyOf(1)
const { identity: mallory } = await partyOf(2)
const secret = new Uint8Array(32).fill(7)
const audience = 'market-a'

function openBook(options: { readonly audience?: string; readonly secret?: Uint8Array } = {}): {
  readonly book: ChallengeBook
  readonly clock: ReturnType<typeof world>['clock']
} {
  const { clock, random, nonces } = world()
  return { clock, book: new ChallengeBook({ audience, secret, clock, random, nonces, ...options }) }
}

t.test('who asked for a challenge can answer it, once', async (t) => {
  const { book } = openBook()
  const answer = answerChallenge(alice, book.issue(alice.id), audience)
  t.equal(await book.redeem(answer, alice.id), alice.id)
  await t.rejects(book.redeem(answer, alice.id), { code: 'IDENTITY_CHALLENGE_USED' })
  const again = answerChallenge(alice, book.issue(alice.id), audience)
  t.equal(await book.redeem(again, alice.id), alice.id, 'the next one is another')
})

t.test('it can be answered for 300 s', async (t) => {
  const { book, clock } = openBook()
  const answers = [1, 2].map(() => answerChallenge(alice, book.issue(alice.id), audience))
  clock.advance(300_000)
  t.equal(await book.redeem(answers[0]!, alice.id), alice.id)
  clock.advance(1)
  await t.rejects(book.redeem(answers[1]!, alice.id), {
    code: 'IDENTITY_CHALLENGE_EXPIRED',
    message: /300000/,
  })
})

t.test("nobody can use another's challenge", async (t) => {
  const { book } = openBook()
  const challenge = book.issue(alice.id)
  t.throws(() => answerChallenge(mallory, challenge, audience), { code: 'IDENTITY_CHALLENGE_PARTY' })
  const stolen = { ...answerChallenge(alice, challenge, audience) }
  await t.rejects(book.redeem(stolen, mallory.id), { code: 'IDENTITY_CHALLENGE_PARTY' })
  const relabelled = { ...stolen, party: mallory.id }
  await t.rejects(book.redeem(relabelled, mallory.id), { code: 'IDENTITY_CHALLENGE_UNKNOWN' })
  const own = answerChallenge(mallory, book.issue(mallory.id), audience)
  const mixed = { ...stolen, signature: own.signature }
  await t.rejects(book.redeem(mixed, alice.id), { code: 'IDENTITY_SIGNATURE_WRONG' })
  t.equal(await book.redeem(stolen, alice.id), alice.id, 'none of it used the challenge up')
})

t.test('a challenge of another service, or one made up, is refused', async (t) => {
  const { book } = openBook()
  const { book: elsewhere } = openBook({ audience: 'market-b' })
  const { book: sameName } = openBook({ secret: new Uint8Array(32).fill(8) })
  const unknown = { code: 'IDENTITY_CHALLENGE_UNKNOWN' }
  t.throws(() => answerChallenge(alice, elsewhere.issue(alice.id), audience), unknown)
  const foreign = answerChallenge(alice, elsewhere.issue(alice.id), 'market-b')
  await t.rejects(book.redeem(foreign, alice.id), unknown)
  const madeUp = answerChallenge(alice, sameName.issue(alice.id), audience)
  await t.rejects(book.redeem(madeUp, alice.id), unknown)
  const later = { ...madeUp, expiresAtMs: madeUp.expiresAtMs + 1 }
  await t.rejects(sameName.redeem(later, alice.id), unknown, 'its time can not be moved')
  t.equal(await sameName.redeem(madeUp, alice.id), alice.id)
})

t.test('processes of one service with one secret take the challenges of each other', async (t) => {
  const { clock, random, nonces } = world()
  const replicas = [1, 2].map(() => new ChallengeBook({ audience, secret, clock, random, nonces }))
  const answer = answerChallenge(alice, replicas[0]!.issue(alice.id), audience)
  const outcomes = await Promise.allSettled(replicas.map((book) => book.redeem(answer, alice.id)))
  t.same(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
})

t.test('whatever arrives instead of an answer is refused by name', async (t) => {
  const { book } = openBook()
  const answer = answerChallenge(alice, book.issue(alice.id), audience)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(answer)), fc.jsonValue(), async (field, value) => {
      fc.pre(value !== answer[field as keyof ChallengeAnswer])
      const changed = { ...answer, [field]: value } as ChallengeAnswer
      await t.rejects(book.redeem(changed, alice.id), { code: /^IDENTITY_/ })
    }),
    { seed: testSeed(t), numRuns: 200 },
  )
  t.throws(() => openBook({ secret: new Uint8Array(16) }), { code: 'CORE_INVALID_VALUE' })
})
