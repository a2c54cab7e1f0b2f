import { silentLog } from '@shardline/core'
import { openDatabase, openLedger } from '@shardline/ledger'
import { DEFAULT_SETTINGS, SqlNonceMemory, openMarket } from '@shardline/market'
import type { Test } from 'tap'
import { open } from '../../src/request/open.ts'
import { cutLedger } from '../support/cut-ledger.ts'
import { openPlayed } from '../support/open-played.ts'
import type { OpenAgain } from '../support/played-market.ts'

/** What the market promises to the processes that run it: opening, dying, closing, side by side. */
export async function processRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const played = await openPlayed(openAgain)
  const { market, clock, random, database } = played
  const components = { clock, random, log: silentLog }
  const user = played.id('user')

  await t.test('it can be opened several times at once, and again', async (t) => {
    const { seq } = await played.now()
    const markets = await Promise.all(
      Array.from({ length: 3 }, async () => openMarket({ ...components, database: await openAgain() })),
    )
    for (const other of markets) {
      t.match(await other.prices(), [{ model: played.model, seq }])
      await other.close()
    }
  })

  await t.test(
    'a process that dies while it opens a request leaves one that the user opens again',
    async (t) => {
      for (const cut of [
        { write: 0, isAfter: false },
        { write: 0, isAfter: true },
        { write: 1, isAfter: false },
        { write: 1, isAfter: true },
      ]) {
        await using ledger = await openLedger({ database, clock })
        const context = {
          ...components,
          database,
          ledger: cutLedger(ledger, cut),
          settings: DEFAULT_SETTINGS,
        }
        const before = await market.balance(user)
        const init = played.opening({ outputTokensMax: 1_000_000 })
        await t.rejects(open(context, user, init), /cut off/)
        const submitting = market.submit(user, { id: init.id, sealedPrompt: 'AAAA' })
        await t.rejects(submitting, { code: 'MARKET_REQUEST_STATE' }, 'no escrow, no request')
        const opened = await market.open(user, init)
        t.match(opened, { state: 'QUOTED' })
        t.equal((await market.balance(user)).held - before.held, opened.hold, 'held once')
        await market.cancel(user, init.id)
        t.same(await market.balance(user), before)
      }
    },
  )

  await t.test('one that nobody opens again lapses, and nothing stays held', async (t) => {
    await using ledger = await openLedger({ database, clock })
    const before = await market.balance(user)
    for (const write of [0, 1, 1]) {
      const cut = { write, isAfter: write === 1 }
      const context = { ...components, database, ledger: cutLedger(ledger, cut), settings: DEFAULT_SETTINGS }
      await t.rejects(open(context, user, played.opening()), /cut off/)
    }
    clock.advance(30_000)
    t.match(await market.sweep(), { lapsed: 3, settled: 3 })
    t.same(await market.balance(user), before)
  })

  await t.test('a nonce is new once, in whatever process, until it is forgotten', async (t) => {
    const here = new SqlNonceMemory({ database, clock })
    const there = new SqlNonceMemory({ database: await openAgain(), clock })
    const entry = { signer: user, nonce: 'once', untilMs: clock.now() + 60_000.5 }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_none, nth) => (nth % 2 === 0 ? here : there).remember(entry)),
    )
    t.equal(answers.filter((isNew) => isNew).length, 1)
    t.equal(await there.remember(entry), false)
    t.equal(await there.remember({ ...entry, signer: played.id('driver') }), true, "another signer's")
    t.equal(await here.remember({ ...entry, nonce: 'twice' }), true)
    clock.advance(60_000)
    await market.sweep()
    t.equal(await here.remember(entry), false, 'as long as its message could be accepted')
    clock.advance(2)
    await market.sweep()
    t.equal(await here.remember(entry), true)
  })

  await t.test('a market that closes finishes what runs, and takes nothing more', async (t) => {
    const closing = await openMarket({ ...components, database: await openAgain() })
    const running = closing.open(user, played.opening())
    const closed = closing.close()
    t.match(await running, { state: 'QUOTED' })
    await closed
    await t.rejects(closing.prices(), { code: 'MARKET_CLOSED' })
    await t.rejects(closing.open(user, played.opening()), { code: 'MARKET_CLOSED' })
    await closing.close()
    await t.resolves(market.ping(), 'the database is not its own to close')
  })

  await t.test('a database that is not there is told by its code', async (t) => {
    await using nowhere = await openDatabase('postgres://postgres:test@127.0.0.1:1/nowhere')
    const opening = openMarket({ ...components, database: nowhere })
    await t.rejects(opening, { code: 'LEDGER_DATABASE_UNAVAILABLE', retryable: true })
  })
}
