import { derivedId } from '@shardline/ledger'
import type { Test } from 'tap'
import { marketTables } from '../../src/database/transaction.ts'
import type { RequestId } from '../../src/ids.ts'
import { cancel } from '../../src/request/cancel.ts'
import { claim } from '../../src/request/claim.ts'
import type { PlayedMarket } from '../support/played-market.ts'

const RACES = 200
const CLAIMS = 100
const SENT_AGAIN = 10

/** What the market promises about who comes first: somebody does, and nobody else. */
export async function raceRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context } = market
  const driver = market.id('driver')
  const user = market.id('user')
  const replica = await market.replica()
  await market.supply(1_000_000_000n)

  await t.test('cancel and claim: one of them, whichever begins', async (t) => {
    let claimed = 0
    const ids: RequestId[] = []
    for (let race = 0; race < RACES; race++) {
      const id = await market.pending()
      ids.push(id)
      const byClaim = (): Promise<unknown> => claim(replica, driver, { id })
      const byUser = (): Promise<unknown> => cancel(context, user, id)
      const [one, other] = race % 2 === 0 ? [byClaim, byUser] : [byUser, byClaim]
      const outcomes = await Promise.allSettled([one(), other()])
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      t.equal(lost.length, 1, 'one of the two is refused')
      t.equal(lost[0]?.reason.code, 'MARKET_REQUEST_STATE')
      const { state, fence } = await market.row(id)
      if (state === 'CLAIMED') claimed++
      t.equal(fence, state === 'CLAIMED' ? 1 : 0)
    }
    t.ok(claimed > 0 && claimed < RACES, `${claimed} of ${RACES} were claimed, the others cancelled`)
    const rows = await marketTables(context)
      .selectFrom('market.requests')
      .select(['state', 'hold'])
      .where('id', 'in', ids)
      .execute()
    const open = rows.filter(({ state }) => state === 'CLAIMED').reduce((sum, { hold }) => sum + hold, 0n)
    t.equal((await market.purse('user')).held, open, 'the escrow of the claimed ones is held, and no other')
  })

  await t.test('many claims at once by two processes: each request goes to one of them', async (t) => {
    const rival = market.id('rival')
    const ids = new Set<string>()
    for (let i = 0; i < 10; i++) ids.add(await market.pending({ driver: rival }))
    const works = await Promise.all(
      Array.from({ length: CLAIMS }, (_, i) => claim(i % 2 === 0 ? context : replica, rival)),
    )
    const won = works.flatMap((work) => (work === undefined ? [] : [work]))
    t.same(new Set(won.map(({ id }) => id)).size, won.length, 'none is claimed twice')
    t.ok(won.every(({ fence }) => fence === 1))
    for (let work = await claim(context, rival); work !== undefined; work = await claim(context, rival))
      won.push(work)
    t.same(new Set(won.map(({ id }) => id)), ids, 'and none is lost')
  })

  await t.test('a claim that is sent many times at once with one key is one claim', async (t) => {
    const solo = market.id('solo')
    for (let i = 0; i < 3; i++) await market.pending({ driver: solo })
    const key = derivedId('races/key')
    const works = await Promise.all(
      Array.from({ length: SENT_AGAIN }, (_, i) => claim(i % 2 === 0 ? context : replica, solo, { key })),
    )
    t.equal(new Set(works.map((work) => work?.id)).size, 1, 'all get the same work')
    t.ok(works.every((work) => work?.fence === 1))
    t.match(await claim(context, solo), { fence: 1 }, 'and the others still wait')
  })

  await t.test('of many claims of one request at once exactly one wins', async (t) => {
    const id = await market.pending()
    const outcomes = await Promise.allSettled(
      Array.from({ length: CLAIMS }, (_, i) => claim(i % 2 === 0 ? context : replica, driver, { id })),
    )
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    t.equal(lost.length, CLAIMS - 1)
    t.ok(lost.every((reason: unknown) => (reason as { code?: string }).code === 'MARKET_REQUEST_STATE'))
    t.match(await market.row(id), { fence: 1, attempts: 1 })
  })
}
