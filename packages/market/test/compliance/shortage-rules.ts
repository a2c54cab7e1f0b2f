import { derivedId } from '@shardline/ledger'
import type { Test } from 'tap'
import type { OpenedMarket } from '../support/open-played.ts'
import { openPlayed } from '../support/open-played.ts'
import type { OpenAgain } from '../support/played-market.ts'

/** What the market promises when credits don't cover the escrow. */
export async function shortageRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const played = await openPlayed(openAgain)
  const { market } = played
  const poor = played.id('stranger')

  await t.test('it says how many tokens are covered, and keeps saying it', async (t) => {
    await played.deposit('stranger', 150n)
    const init = played.opening({ promptTokensMax: 1_000_000, outputTokensMax: 1_000_000 })
    const shortage = {
      code: 'MARKET_CREDITS_INSUFFICIENT',
      details: { hold: 200n, available: 150n, affordableTokens: 1_500_000n },
    }
    await t.rejects(market.open(poor, init), shortage)
    await t.rejects(market.open(poor, init), shortage, 'sent again')
    t.match(await market.request(poor, init.id), { state: 'REFUSED', endReason: 'insufficient-credits' })
    t.match(await market.balance(poor), { available: 150n, held: 0n })
    await played.deposit('stranger', 1_000n)
    await t.rejects(
      market.open(poor, init),
      { code: 'MARKET_CREDITS_INSUFFICIENT' },
      'an id that was refused stays so',
    )
    t.match(await market.balance(poor), { available: 1_150n, held: 0n })
    const covered = { promptTokensMax: 1_000_000, outputTokensMax: 500_000 }
    t.match(await market.open(poor, played.opening(covered)), { state: 'QUOTED', hold: 150n })
  })

  await t.test('holds count: what is held can not be held again', async (t) => {
    const { available } = await market.balance(poor)
    const asked = { promptTokensMax: 1_000_000, outputTokensMax: 1_000_000 }
    const attempts = await Promise.allSettled(
      Array.from({ length: 10 }, () => market.open(poor, played.opening(asked))),
    )
    const opened = attempts.filter(({ status }) => status === 'fulfilled').length
    t.equal(opened, Number(available / 200n))
    t.match(await market.balance(poor), { available: available % 200n })
  })

  await t.test('who never had anything is told so, and an escrow beyond all money too', async (t) => {
    const nobody = played.id('rival')
    await t.rejects(market.open(nobody, played.opening()), {
      code: 'MARKET_CREDITS_INSUFFICIENT',
      details: { available: 0n },
    })
    const base = { model: played.model, layerCount: 8, basePrice: 1_000_000_000_000n }
    await market.setModel(played.id('operator'), base)
    for (let nth = 0; nth < 25; nth++) await raise(played)
    const huge = played.opening({ promptTokensMax: 1_048_576, outputTokensMax: 1_048_576 })
    await t.rejects(market.open(played.id('user'), huge), { code: 'MARKET_CREDITS_INSUFFICIENT' })
    await t.rejects(market.request(played.id('user'), huge.id), { code: 'MARKET_NOT_FOUND' })
  })
}

/** Without supply each submitted request multiplies the price. */
async function raise(played: OpenedMarket): Promise<void> {
  const operator = played.id('operator')
  const { price } = await played.now()
  const amount = BigInt(Math.ceil(Number(price) / 1e6)) * 2n + 2n
  await played.market.deposit(operator, {
    id: derivedId(`raise/${price}`),
    party: played.id('user'),
    amount: amount < 10n ** 18n ? amount : 10n ** 18n,
  })
  await played.submitted().catch((cause: unknown) => {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'MARKET_CREDITS_INSUFFICIENT'))
      throw cause
  })
}
