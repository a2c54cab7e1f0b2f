import type { Test } from 'tap'
import { inMarketTransaction } from '../../src/database/transaction.ts'
import type { RequestId } from '../../src/ids.ts'
import { acknowledge } from '../../src/request/acknowledge.ts'
import { cancel } from '../../src/request/cancel.ts'
import { changeState } from '../../src/request/change-state.ts'
import { claim } from '../../src/request/claim.ts'
import { deliver } from '../../src/request/deliver.ts'
import { progress } from '../../src/request/progress.ts'
import { release } from '../../src/request/release.ts'
import { giveUp } from '../../src/request/give-up.ts'
import { lockRequest } from '../../src/request/request-row.ts'
import { REQUEST_EVENTS, REQUEST_STATES, TRANSITIONS, nextState } from '../../src/request/request-state.ts'
import type { RequestState } from '../../src/request/request-state.ts'
import { start } from '../../src/request/start.ts'
import { ASKED } from '../support/played-market.ts'
import type { PlayedMarket } from '../support/played-market.ts'

type Operation = (id: RequestId, fence: number) => Promise<unknown>

/** What the market promises about what can't happen: it's refused by name, and nothing changes anywhere. */
export async function refusalRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context } = market
  await market.supply(1_000_000_000n)
  const user = market.id('user')
  const driver = market.id('driver')
  // Counts and participants that nobody has given before, so that nothing here is a repetition.
  const participants = { ...market.pipeline, validator: market.id('solo') }
  const delivered = { prompt: ASKED.prompt, output: ASKED.output }
  const operations: Readonly<
    Record<string, { readonly in: readonly RequestState[]; readonly call: Operation }>
  > = {
    cancel: { in: ['QUOTED', 'PENDING', 'CANCELLED'], call: (id) => cancel(context, user, id) },
    claim: { in: ['PENDING'], call: (id) => claim(context, driver, { id }) },
    start: {
      in: ['CLAIMED', 'RUNNING'],
      call: (id, fence) => start(context, driver, { id, fence, participants }),
    },
    progress: { in: ['RUNNING'], call: (id, fence) => progress(context, driver, { id, fence, delivered }) },
    release: { in: ['CLAIMED', 'RUNNING'], call: (id, fence) => release(context, driver, { id, fence }) },
    'give up': {
      in: ['CLAIMED', 'RUNNING'],
      call: (id, fence) => giveUp(context, driver, { id, fence, reason: 'not-answered' }),
    },
    deliver: {
      in: ['RUNNING'],
      call: (id, fence) => deliver(context, driver, { id, fence, delivered, receipts: [] }),
    },
    acknowledge: {
      in: ['RUNNING', 'DELIVERED'],
      call: (id) => acknowledge(context, user, { id, received: delivered }),
    },
  }

  for (const state of REQUEST_STATES) {
    await t.test(
      `${state}: every operation that isn't in the table is refused and changes nothing`,
      async (t) => {
        const id = await market.inState(state)
        const { fence } = await market.row(id)
        const everything = await market.everything()
        for (const [name, operation] of Object.entries(operations)) {
          if (operation.in.includes(state)) continue
          await t.rejects(
            operation.call(id, fence),
            { code: 'MARKET_REQUEST_STATE', details: { state } },
            name,
          )
        }
        for (const event of REQUEST_EVENTS) {
          if (nextState(state, event) !== undefined) continue
          const attempt = inMarketTransaction(context, async (transaction) => {
            const row = await lockRequest(transaction, id)
            await changeState(context, transaction, { row, change: { event } })
          })
          await t.rejects(attempt, { code: 'MARKET_REQUEST_STATE', details: { state, event } }, event)
        }
        t.equal(await market.everything(), everything)
      },
    )
  }

  await t.test('every event of the table leads where it says', async (t) => {
    for (const from of REQUEST_STATES) {
      for (const [event, to] of Object.entries(TRANSITIONS[from])) {
        const id = await market.inState(from)
        const row = await inMarketTransaction(context, async (transaction) =>
          changeState(context, transaction, {
            row: await lockRequest(transaction, id),
            change: { event: event as 'claim' },
          }),
        )
        t.equal(row.state, to, `${from} + ${event}`)
      }
    }
  })

  await t.test('an old fence is refused on every write, and changes nothing', async (t) => {
    const id = await market.running()
    await release(context, driver, { id, fence: 1 })
    await claim(context, driver, { id })
    await start(context, driver, { id, fence: 2, participants: market.pipeline })
    const receipts = await market.receipts(id)
    const everything = await market.everything()
    for (const fence of [0, 1, 3]) {
      const init = { id, fence, delivered, receipts, participants: market.pipeline }
      for (const [name, attempt] of Object.entries({
        start: () => start(context, driver, init),
        progress: () => progress(context, driver, init),
        release: () => release(context, driver, init),
        'give up': () => giveUp(context, driver, { ...init, reason: 'proof-lost' }),
        deliver: () => deliver(context, driver, init),
      })) {
        await t.rejects(
          attempt(),
          { code: 'MARKET_FENCE_STALE', details: { given: fence, current: 2 } },
          `${name} with fence ${fence}`,
        )
      }
    }
    t.equal(await market.everything(), everything)
  })

  await t.test("another party's right is refused, and so is what doesn't exist", async (t) => {
    const id = await market.running()
    const nobody = '00000000-0000-4000-8000-000000000000' as RequestId
    const everything = await market.everything()
    for (const who of [market.id('stranger'), market.id('rival'), user, market.id('validator')]) {
      const init = { id, fence: 1, delivered, receipts: [], participants }
      await t.rejects(claim(context, who, { id }), { code: 'MARKET_FORBIDDEN' })
      for (const operation of [start, progress, release, deliver]) {
        await t.rejects(operation(context, who, init), { code: 'MARKET_FORBIDDEN' })
      }
      const forged = giveUp(context, who, { ...init, reason: 'not-answered' })
      await t.rejects(forged, { code: 'MARKET_FORBIDDEN' })
    }
    for (const who of [market.id('stranger'), driver]) {
      const attempt = acknowledge(context, who, { id, received: delivered })
      await t.rejects(attempt, { code: 'MARKET_FORBIDDEN' })
    }
    await t.rejects(claim(context, driver, { id: nobody }), { code: 'MARKET_NOT_FOUND' })
    await t.rejects(release(context, driver, { id: nobody, fence: 1 }), { code: 'MARKET_NOT_FOUND' })
    t.equal(await market.everything(), everything)
  })

  await t.test("participants that can't serve the request are refused", async (t) => {
    const trusted = { workers: [market.id('first')] }
    const id = await market.claimed({ filters: trusted })
    const any = await market.claimed()
    const everything = await market.everything()
    const attempt = (change: Partial<typeof market.pipeline>, request = any) =>
      start(context, driver, { id: request, fence: 1, participants: { ...market.pipeline, ...change } })
    const first = market.id('first')
    const invalid = { code: 'MARKET_PARTICIPANTS_INVALID' }
    await t.rejects(attempt({ layerCount: 25 }), invalid, 'another number of layers')
    await t.rejects(attempt({ workers: [{ node: first, first: 1, last: 23 }] }), invalid, 'a gap')
    await t.rejects(attempt({ workers: [{ node: first, first: 0, last: 24 }] }), invalid, 'a layer too many')
    await t.rejects(attempt({ workers: [{ node: first, first: 0, last: 22.5 }] }), invalid, 'half a layer')
    await t.rejects(attempt({ validator: market.id('stranger') }), invalid, 'a node that is not registered')
    await t.rejects(attempt({}, id), { code: 'MARKET_FILTER_UNMET', details: { node: market.id('second') } })
    const many = Array.from({ length: 257 }, () => ({ node: first, first: 0, last: 0 }))
    await t.rejects(attempt({ workers: many }), { code: 'MARKET_LIMIT' })
    t.equal(await market.everything(), everything)
  })
}
