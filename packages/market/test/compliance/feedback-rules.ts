import type { Test } from 'tap'
import { marketTables } from '../../src/database/transaction.ts'
import { compare } from '../../src/feedback/compare.ts'
import { promptCommitment } from '../../src/feedback/commitment.ts'
import { flag } from '../../src/feedback/flag.ts'
import { acknowledge } from '../../src/request/acknowledge.ts'
import type { CompareInit } from '../../src/request/inputs.ts'
import { claim } from '../../src/request/claim.ts'
import { start } from '../../src/request/start.ts'
import { readReputation } from '../../src/reputation/read-reputation.ts'
import { CREDITS_LEDGER, TRANSFER_CODES } from '../../src/account/credits.ts'
import { MARKET_ACCOUNTS, partyAccount } from '../../src/ids.ts'
import { derivedId } from '@shardline/ledger'
import { DELIVERED } from '../support/played-market.ts'
import type { PartyName, PlayedMarket } from '../support/played-market.ts'

/** What the market promises about feedback: by the user, once, in time, for a fee. */
export async function feedbackRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context, clock } = market
  const user = market.id('user')
  const fee = context.settings.feedbackFee
  await market.supply(1_000_000_000n)
  const countsOf = async (name: PartyName) => {
    const row = await marketTables(context)
      .selectFrom('market.nodes')
      .select(['completed', 'failed', 'flagged', 'compared', 'preferred'])
      .where('node', '=', market.id(name))
      .executeTakeFirstOrThrow()
    return row
  }
  const free = async () => (await market.purse('user')).free

  await t.test('a flag counts against everyone who took part, once, and costs once', async (t) => {
    const id = await market.completed()
    const before = await free()
    await flag(context, user, { id, reason: 'garbage' })
    await flag(context, user, { id, reason: 'garbage' })
    t.equal(await free(), before - fee)
    for (const name of ['driver', 'first', 'second', 'validator'] as const) {
      t.match(await countsOf(name), { flagged: 1n }, name)
    }
    t.match(await countsOf('rival'), { flagged: 0n })
    await t.rejects(flag(context, user, { id, reason: 'too-slow' }), { code: 'MARKET_FEEDBACK_REFUSED' })
    const score = async () =>
      (await readReputation(marketTables(context), [market.id('driver')])).get(market.id('driver'))?.score ??
      0
    const flagged = await score()
    await market.completed()
    t.ok((await score()) > flagged, 'a success raises the score')
  })

  await t.test('flags at the same moment count and cost once', async (t) => {
    const id = await market.completed()
    const before = await free()
    const { flagged } = await countsOf('driver')
    const replica = await market.replica()
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        flag(i % 2 === 0 ? context : replica, user, { id, reason: 'cut-off' }),
      ),
    )
    t.equal(await free(), before - fee)
    t.match(await countsOf('driver'), { flagged: flagged + 1n })
  })

  await t.test('a flag is refused before the end, too late, and from anyone else', async (t) => {
    const running = await market.running()
    const id = await market.completed()
    const everything = await market.everything()
    const refused = { code: 'MARKET_FEEDBACK_REFUSED' }
    await t.rejects(flag(context, user, { id: running, reason: 'other' }), refused)
    await t.rejects(flag(context, market.id('driver'), { id, reason: 'other' }), { code: 'MARKET_FORBIDDEN' })
    clock.advance(context.settings.feedbackMsMax)
    await t.rejects(flag(context, user, { id, reason: 'other' }), refused)
    t.equal(await market.everything(), everything)
  })

  const promptKey = 'cd'.repeat(32)
  const salts = { preferred: '01'.repeat(32), other: '02'.repeat(32) }
  const commitments = {
    preferred: promptCommitment({ salt: salts.preferred, promptKey }),
    other: promptCommitment({ salt: salts.other, promptKey }),
  }
  const completedBy = async (name: PartyName, commitment?: string) => {
    const driver = market.id(name)
    const id = await market.pending({ driver, ...(commitment === undefined ? {} : { commitment }) })
    await claim(context, driver, { id })
    await start(context, driver, { id, fence: 1, participants: market.pipeline })
    await market.deliver(id)
    await acknowledge(context, user, { id, received: DELIVERED })
    return id
  }

  await t.test('the commitment is the published formula', async (t) => {
    t.equal(commitments.preferred, '2b0d7cb6d248f79a245e637a74008d8660874baac4f138c2383307883284e91f')
  })

  await t.test('a comparison counts for both drivers, and the preferred one, once', async (t) => {
    const preferred = await completedBy('rival', commitments.preferred)
    const other = await completedBy('driver', commitments.other)
    const init: CompareInit = { preferred, other, promptKey, salts }
    const before = await free()
    await compare(context, user, init)
    await compare(context, user, init)
    t.equal(await free(), before - fee)
    t.match(await countsOf('rival'), { compared: 1n, preferred: 1n })
    t.match(await countsOf('driver'), { compared: 1n, preferred: 0n })
    t.match(await countsOf('first'), { compared: 0n })
    const again = {
      preferred: other,
      other: preferred,
      promptKey,
      salts: { preferred: salts.other, other: salts.preferred },
    }
    await t.rejects(
      compare(context, user, again),
      { code: 'MARKET_FEEDBACK_REFUSED' },
      'nobody changes its mind',
    )
  })

  await t.test('a comparison of different prompts, models or drivers is refused', async (t) => {
    const preferred = await completedBy('rival', commitments.preferred)
    const other = await completedBy('driver', commitments.other)
    const same = await completedBy('rival', commitments.other)
    const bare = await completedBy('driver')
    const running = await market.running()
    const everything = await market.everything()
    const init: CompareInit = { preferred, other, promptKey, salts }
    const refused = { code: 'MARKET_FEEDBACK_REFUSED' }
    const invalid = { code: 'MARKET_INPUT_INVALID' }
    await t.rejects(compare(context, user, { ...init, promptKey: 'ce'.repeat(32) }), refused)
    await t.rejects(compare(context, user, { ...init, salts: { ...salts, other: salts.preferred } }), refused)
    await t.rejects(compare(context, user, { ...init, other: same }), refused, 'the same driver')
    await t.rejects(compare(context, user, { ...init, other: bare }), refused, 'no commitment')
    await t.rejects(compare(context, user, { ...init, other: running }), refused, 'not completed')
    await t.rejects(compare(context, user, { ...init, other: preferred }), invalid)
    await t.rejects(compare(context, user, { ...init, promptKey: 'short' }), invalid)
    await t.rejects(compare(context, market.id('rival'), init), { code: 'MARKET_FORBIDDEN' })
    clock.advance(context.settings.feedbackMsMax)
    await t.rejects(compare(context, user, init), refused, 'too late')
    t.equal(await market.everything(), everything)
  })

  await t.test('feedback without credits is refused, and possible once there are some', async (t) => {
    const id = await market.completed()
    const rest = await free()
    const move = (from: 'user' | 'mint', amount: bigint, name: string) =>
      context.ledger.createTransfers([
        {
          id: derivedId(`test/${name}`),
          debitAccountId: from === 'mint' ? MARKET_ACCOUNTS.mint : partyAccount(user),
          creditAccountId: from === 'mint' ? partyAccount(user) : MARKET_ACCOUNTS.mint,
          amount,
          ledger: CREDITS_LEDGER,
          code: TRANSFER_CODES.deposit,
        },
      ])
    await move('user', rest - 1n, 'drain')
    await t.rejects(flag(context, user, { id, reason: 'other' }), { code: 'MARKET_CREDITS_INSUFFICIENT' })
    t.equal(await free(), 1n)
    await move('mint', 100n, 'refill')
    await flag(context, user, { id, reason: 'other' })
    t.equal(await free(), 101n - fee)
  })
}
