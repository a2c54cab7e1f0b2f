import { randomUUID } from 'node:crypto'
import { silentLog, systemClock } from '@shardline/core'
import { EvidenceMissingError } from '@shardline/node'
import { PipelineClosedError, StageFailedError, StageLostError, StageSilentError } from '../../src/index.ts'
import type { ServiceLimits } from '../../src/index.ts'
import t from 'tap'
import { Away, Decision, MarketDouble } from '../support/market-double.ts'
import type { MarketCall } from '../support/market-double.ts'
import { startPaidService } from '../support/paid-service.ts'
import type { PaidService } from '../support/paid-service.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await systemClock.sleep(2)
}

/** Waits until the last answer that was asked for is to end. */
async function untilStopped({ pipeline }: PaidService): Promise<void> {
  await until(() => pipeline.requests.at(-1)?.signal?.aborted === true)
}

t.test('an answer is claimed, started, proven and delivered under its claim', async (t) => {
  const market = new MarketDouble()
  market.fence = 3
  await using paid = await startPaidService({ market })
  const user = await paid.user()
  const id = randomUUID()
  const { last } = await user.ask({ id })
  t.match(last, { type: 'done', promptTokens: 3, outputTokens: 8 })
  t.same(market.story, ['claim', 'start', 'deliver'])
  const [claim, start, deliver] = ['claim', 'start', 'deliver'].map((what) => market.of(what as 'claim')[0])
  t.match(claim, { id, key: UUID })
  t.match(start, { id, fence: 3, participants: paid.pipeline.participants() })
  t.match(deliver, { id, fence: 3, delivered: { prompt: 3, output: 8 } })
  const terms = { ask: id, fence: 3, model: 'toy/q4', promptTokens: 3, outputTokens: 8 }
  t.same(deliver?.receipts, [terms])
  t.match(paid.pipeline.receiptRequests, [
    { sessions: ['session 1'], terms, identity: { id: paid.driver.id } },
  ])
  t.equal(paid.pipeline.requests[0]?.isProven, true)
  const { last: second } = await user.ask()
  t.equal(second?.type, 'done')
  t.not(market.of('claim')[1]?.key, claim?.key, 'each claim has a key of its own')
  await until(() => paid.service.counters.asksAnswered === 2)
  t.equal(paid.service.counters.deliveriesPending, 0)
})

t.test('all choices are one delivery, and share what may come out', async (t) => {
  const market = new MarketDouble({ outputTokensMax: 9 })
  await using paid = await startPaidService({ market })
  const user = await paid.user()
  const { last } = await user.ask({ content: { choices: 2, model: 'toy' } })
  t.match(last, { type: 'done', promptTokens: 3, outputTokens: 8 })
  t.same(
    paid.pipeline.requests.map(({ maxTokens }) => maxTokens),
    [4, 4],
  )
  t.match(market.of('deliver'), [{ delivered: { prompt: 3, output: 8 } }])
  t.same(paid.pipeline.receiptRequests[0]?.sessions, ['session 1', 'session 2'])
  const named = await user.ask({ content: { model: 'toy/q4' } })
  t.equal(named.last?.type, 'done', "the market's name of the model will do as well")
})

t.test('what nobody pays for is refused, and never opened', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  const user = await paid.user()
  const cases = [
    [new Decision('MARKET_NOT_FOUND'), 'DRIVER_ASK_NOT_PAID', false],
    [new Decision('MARKET_FORBIDDEN'), 'DRIVER_ASK_NOT_PAID', false],
    [new Decision('MARKET_REQUEST_STATE', { state: 'RUNNING' }), 'DRIVER_ASK_NOT_PAID', true],
    [new Decision('MARKET_REQUEST_STATE', { state: 'QUOTED' }), 'DRIVER_ASK_NOT_PAID', true],
    [new Decision('MARKET_REQUEST_STATE', { state: 'COMPLETED' }), 'DRIVER_ASK_NOT_PAID', false],
    [new Away('nobody answers'), 'DRIVER_MARKET_DOWN', true],
    [new Decision('MARKET_RATE_LIMITED', { isRetryable: true }), 'DRIVER_MARKET_DOWN', true],
  ] as const
  for (const [failure, code, isRetryable] of cases) {
    market.failures.claim = [failure]
    t.match((await user.ask()).refused, { code, isRetryable }, `${failure.message} ${code}`)
  }
  t.same(new Set(market.story), new Set(['claim']))
  t.equal(paid.pipeline.requests.length, 0)
})

t.test('another prompt than the one that is paid for is refused, and never opened', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  const [user, other] = [await paid.user(), await paid.user()]
  const id = randomUUID()
  t.equal((await user.ask({ id })).last?.type, 'done')
  market.calls.length = 0
  const { refused } = await other.ask({ id, isOther: true })
  t.match(refused, { code: 'DRIVER_ASK_OTHER', isRetryable: false })
  t.same(market.story, ['claim', 'release'], 'the request stays its user’s')
  t.equal(paid.pipeline.requests.length, 1)
  t.equal((await user.ask({ id })).last?.type, 'done', 'whom it leaves its answer')
})

t.test('a claim that takes too long is refused', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market, limits: { claimMsMax: 20 } })
  market.onCall = ({ what }) => (what === 'claim' ? new Promise(() => undefined) : Promise.resolve())
  const user = await paid.user()
  t.match((await user.ask()).refused, { code: 'DRIVER_MARKET_DOWN', isRetryable: true })
})

t.test('with unpaid asks taken too, only those that the market does not know cost nothing', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market, payment: { isUnpaidTaken: true } })
  const user = await paid.user()
  market.failures.claim = [new Decision('MARKET_NOT_FOUND')]
  t.equal((await user.ask({ hold: 0n })).last?.type, 'done')
  t.equal(paid.pipeline.requests[0]?.isProven, false)
  t.same(market.story, ['claim'])
  market.failures.claim = [new Decision('MARKET_NOT_FOUND')]
  t.match((await user.ask({ hold: 1n })).refused, { code: 'IDENTITY_SEAL_PRICE' })
  market.failures.claim = [new Away('nobody answers')]
  t.match((await user.ask({ hold: 0n })).refused, { code: 'DRIVER_MARKET_DOWN' })
})

t.test('what the request does not allow is refused by name, and the request is given up', async (t) => {
  const cases = [
    [{ hold: 4_999n }, {}, 'IDENTITY_SEAL_PRICE'],
    [{ promptTokensMax: 2 }, {}, 'DRIVER_ASK_OVER_PAID'],
    [{ outputTokensMax: 1 }, { choices: 2 }, 'DRIVER_ASK_OVER_PAID'],
    [{ model: 'other/q4' }, {}, 'DRIVER_PAID_MODEL'],
    [{}, { model: 'other' }, 'DRIVER_PAID_MODEL'],
    [{ filters: { workers: [] } }, {}, 'DRIVER_STAGE_NOT_WANTED'],
    [{ filters: { trustedWorkersOnly: true } }, {}, 'DRIVER_STAGE_NOT_WANTED'],
    [{ filters: { numericClass: 'other' } }, {}, 'DRIVER_STAGE_NOT_WANTED'],
  ] as const
  for (const [work, content, code] of cases) {
    const market = new MarketDouble(work)
    await using paid = await startPaidService({ market })
    const user = await paid.user()
    const { last, refused } = await user.ask({ content })
    t.equal(last?.type === 'failed' ? last.code : refused?.code, code)
    // Whose prompt doesn't open may be anybody: the request stays its user's.
    const isOpened = code !== 'IDENTITY_SEAL_PRICE'
    t.same(market.story, ['claim', isOpened ? 'giveUp' : 'release'], code)
    t.match(market.of('giveUp'), isOpened ? [{ reason: 'not-answered' }] : [])
    t.equal(paid.pipeline.requests.length, 0)
  }
})

t.test('workers that the user trusts may take part', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  const filters = { workers: paid.pipeline.workers, trustedWorkersOnly: true, numericClass: 'toy' }
  Object.assign(market.work, { filters })
  const user = await paid.user()
  t.equal((await user.ask()).last?.type, 'done')
})

t.test('what the market says to the participants ends the answer by name', async (t) => {
  const cases = [
    ['MARKET_PARTICIPANTS_INVALID', 'DRIVER_PAYMENT_REFUSED', ['claim', 'start', 'giveUp']],
    ['MARKET_FENCE_STALE', 'DRIVER_CLAIM_LOST', ['claim', 'start']],
  ] as const
  for (const [decision, code, story] of cases) {
    const market = new MarketDouble()
    market.failures.start = [new Decision(decision)]
    await using paid = await startPaidService({ market })
    const { last } = await (await paid.user()).ask()
    t.match(last, { type: 'failed', code })
    t.same(market.story, story)
  }
})

t.test('progress is reported while an answer runs, and a lost claim ends it undelivered', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market, limits: { paidProgressMs: 250 } })
  const reported = (): MarketCall | undefined =>
    market.of('progress').find(({ delivered }) => delivered?.output === 2)
  paid.pipeline.onToken = (index) => (index === 2 ? until(() => reported() !== undefined) : Promise.resolve())
  const user = await paid.user()
  t.equal((await user.ask()).last?.type, 'done')
  t.match(reported(), { fence: 1, delivered: { prompt: 3, output: 2 } })
  market.calls.length = 0
  paid.pipeline.onToken = async (index) => {
    if (index !== 2) return
    market.failures.progress = [new Away('nobody answers'), new Decision('MARKET_FENCE_STALE')]
    await untilStopped(paid)
  }
  t.match((await user.ask()).last, { type: 'failed', code: 'DRIVER_CLAIM_LOST', isRetryable: true })
  t.same(market.failures.progress, [], 'the market that was away before did not end it')
  t.same(market.story, ['claim', 'start'])
  t.equal(paid.pipeline.receiptRequests.length, 1)
})

t.test(
  'what the user cancels is delivered as far as it came; before the first token it goes back',
  async (t) => {
    const market = new MarketDouble()
    await using paid = await startPaidService({ market })
    for (const [stopAt, story] of [
      [3, ['claim', 'start', 'deliver']],
      [0, ['claim', 'start', 'release']],
    ] as const) {
      market.calls.length = 0
      const user = await paid.user()
      const id = randomUUID()
      paid.pipeline.onToken = async (index) => {
        if (index !== stopAt) return
        await user.link.send({ kind: 'ask-cancel', ask: id })
        await untilStopped(paid)
      }
      t.match((await user.ask({ id })).last, { type: 'done', outputTokens: stopAt })
      t.same(market.story, story)
    }
    t.match(paid.pipeline.receiptRequests, [{ terms: { promptTokens: 3, outputTokens: 3 } }])
  },
)

t.test('a failure gives the request back before the user hears of it', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  paid.pipeline.onToken = async (index) => {
    if (index === 4) throw new Away('a stage is lost')
  }
  const user = await paid.user()
  const { last } = await user.ask()
  t.match(last, { type: 'failed', code: 'TEST_AWAY', isRetryable: true })
  t.same(market.story, ['claim', 'start', 'release'])
  paid.pipeline.onToken = async () => undefined
  market.fence = 2
  const id = market.of('claim')[0]?.id ?? ''
  t.equal((await user.ask({ id })).last?.type, 'done', 'the same request can come again')
})

t.test('a client that vanishes gets one more try; after that it pays for what is out', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  for (const [fence, last] of [
    [1, 'release'],
    [2, 'deliver'],
  ] as const) {
    market.calls.length = 0
    market.fence = fence
    const user = await paid.user()
    paid.pipeline.onToken = async (index) => {
      if (index !== 3) return
      await user.link.close('gone')
      await untilStopped(paid)
    }
    await user.ask()
    await until(() => market.story.length === 3)
    t.same(market.story, ['claim', 'start', last])
  }
})

t.test('a replaced stage takes part from then on, under the same claim', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  const [first, second] = paid.pipeline.workers
  if (first === undefined || second === undefined) throw new Error('two workers')
  paid.pipeline.restageAt = 2
  paid.pipeline.onToken = async (index) => {
    if (index === 2) paid.pipeline.workers = [first, first]
  }
  const { last } = await (await paid.user()).ask()
  t.equal(last?.type, 'done')
  t.same(market.story, ['claim', 'start', 'start', 'deliver'])
  const named = market.of('start').map(({ participants }) => participants?.workers.map(({ node }) => node))
  t.same(named, [
    [first, second],
    [first, first],
  ])
  t.equal(market.of('start')[1]?.fence, 1)
})

t.test('a replacement that the user does not trust ends the answer', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  const [first, second] = paid.pipeline.workers
  if (first === undefined || second === undefined) throw new Error('two workers')
  Object.assign(market.work, { filters: { workers: [first, second] } })
  paid.pipeline.restageAt = 2
  paid.pipeline.onToken = async (index) => {
    if (index === 2) paid.pipeline.workers = [first, paid.driver.id]
    if (index === 3) await untilStopped(paid)
  }
  const { last } = await (await paid.user()).ask()
  t.match(last, { type: 'failed', code: 'DRIVER_STAGE_NOT_WANTED' })
  t.same(market.story, ['claim', 'start', 'giveUp'])
})

t.test('the end of an answer does not wait for a market that is away; settlement follows', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market, limits: { settleWaitMsMax: 20 } })
  let isAway = true
  market.onCall = async ({ what }) => {
    if (isAway && what === 'deliver') throw new Away('nobody answers')
  }
  const { last } = await (await paid.user()).ask()
  t.equal(last?.type, 'done')
  t.equal(paid.service.counters.deliveriesPending, 1)
  isAway = false
  await until(() => paid.service.counters.deliveriesPending === 0)
  t.match(market.of('deliver').at(-1), { delivered: { prompt: 3, output: 8 } })
  t.notOk(market.story.includes('release'))
})

t.test('receipts that do not hold fail the answer by name, and so does a refused delivery', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  const user = await paid.user()
  paid.pipeline.receiptsFailure = new Decision('a mismatch')
  t.match((await user.ask()).last, { type: 'failed', code: 'TEST_DECISION' })
  t.same(market.story, ['claim', 'start', 'giveUp'])
  paid.pipeline.receiptsFailure = undefined
  market.calls.length = 0
  market.failures.deliver = [new Decision('MARKET_RECEIPTS_REFUSED')]
  t.match((await user.ask()).last, { type: 'failed', code: 'DRIVER_PAYMENT_REFUSED' })
  market.failures.deliver = [new Decision('MARKET_FENCE_STALE')]
  t.match((await user.ask()).last, { type: 'failed', code: 'DRIVER_CLAIM_LOST' })
})

t.test("an answer whose proof is lost with a stage stays its user's, and is billed to nobody", async (t) => {
  const stage = { role: 'worker', index: 0, address: 'memory:1', node: 'w1', layers: undefined } as const
  const remote = { code: 'NODE_EVIDENCE_MISSING', message: 'nothing of session s1 is kept' }
  for (const failure of [
    new StageLostError(stage, 'cut'),
    new StageSilentError(stage, 'its receipt', 1),
    new StageFailedError(stage, remote),
    new PipelineClosedError(),
    new EvidenceMissingError('p', 's1'),
  ]) {
    const warnings: unknown[] = []
    const log = { ...silentLog, warn: (event: string, fields: unknown) => warnings.push({ event, fields }) }
    const market = new MarketDouble()
    await using paid = await startPaidService({ market, log })
    paid.pipeline.receiptsFailure = failure
    const id = randomUUID()
    const { last, events } = await (await paid.user()).ask({ id })
    t.match(last, { type: 'done', outputTokens: 8 }, failure.code)
    t.match(events.at(-2), { type: 'choice-ended', tokens: 8 })
    t.same(market.story, ['claim', 'start', 'giveUp'], 'nothing is handed in, and the hold goes back')
    t.match(market.of('giveUp'), [{ id, fence: 1, reason: 'proof-lost' }])
    t.match(warnings, [{ event: 'ask-not-settled', fields: { ask: id, code: 'DRIVER_PROOF_LOST' } }])
    t.equal(paid.service.counters.deliveriesPending, 0)
  }
})

t.test('a stage that is lost at the end is paid for what it had signed while the answer ran', async (t) => {
  const stage = { role: 'worker', index: 0, address: 'memory:1', node: 'w1', layers: undefined } as const
  const warnings: unknown[] = []
  const log = { ...silentLog, warn: (event: string, fields: unknown) => warnings.push({ event, fields }) }
  const market = new MarketDouble()
  await using paid = await startPaidService({ market, log, limits: { receiptIntervalRows: 2 } })
  const { pipeline } = paid
  const [first] = pipeline.workers
  if (first === undefined) throw new Error('two workers')
  const asked: unknown[] = []
  pipeline.onReceipts = async ({ terms, tokensSoFar }) => {
    const { promptTokens, outputTokens } = terms
    asked.push({ rows: promptTokens + outputTokens, tokensSoFar })
    if (tokensSoFar === undefined) throw new StageLostError(stage, 'cut')
  }
  const { last } = await (await paid.user()).ask()
  t.match(last, { type: 'done', outputTokens: 8 })
  t.same(asked, [
    { rows: 4, tokensSoFar: [1] },
    { rows: 6, tokensSoFar: [3] },
    { rows: 8, tokensSoFar: [5] },
    { rows: 10, tokensSoFar: [7] },
    { rows: 11, tokensSoFar: undefined },
  ])
  t.same(market.story, ['claim', 'start', 'deliver'])
  t.match(market.of('deliver'), [{ delivered: { prompt: 3, output: 7 } }])
  t.same(market.of('deliver')[0]?.receipts?.length, 1)
  t.match(warnings, [
    { event: 'ask-proven-in-part', fields: { code: 'DRIVER_PROOF_LOST', tokens: 8, proven: 7 } },
  ])
})

t.test('who signed while the answer ran is named again, if another had its place at the end', async (t) => {
  const stage = { role: 'worker', index: 0, address: 'memory:1', node: 'w1', layers: undefined } as const
  const market = new MarketDouble()
  await using paid = await startPaidService({ market, limits: { receiptIntervalRows: 4 } })
  const { pipeline } = paid
  const [first, second] = pipeline.workers
  if (first === undefined || second === undefined) throw new Error('two workers')
  let sets = 0
  pipeline.onReceipts = async ({ tokensSoFar }) => {
    if (tokensSoFar === undefined || sets > 0) throw new StageLostError(stage, 'cut')
    sets += 1
  }
  pipeline.restageAt = 5
  pipeline.onToken = async (index) => {
    if (index === 5) pipeline.workers = [first, first]
  }
  t.equal((await (await paid.user()).ask()).last?.type, 'done')
  t.same(market.story, ['claim', 'start', 'start', 'start', 'deliver'])
  const named = market.of('start').map(({ participants }) => participants?.workers.map(({ node }) => node))
  t.same(named, [
    [first, second],
    [first, first],
    [first, second],
  ])
})

t.test('receipts that do not fit are no less wrong because some came before', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market, limits: { receiptIntervalRows: 2 } })
  paid.pipeline.onReceipts = async ({ tokensSoFar }) => {
    if (tokensSoFar === undefined) throw new Decision('a mismatch')
  }
  t.match((await (await paid.user()).ask()).last, { type: 'failed', code: 'TEST_DECISION' })
  t.same(market.story, ['claim', 'start', 'giveUp'])
})

t.test('a proof that is lost after the answer has ended gives the request up too', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market, limits: { settleWaitMsMax: 1 } })
  const stage = { role: 'worker', index: 0, address: 'memory:1', node: 'w1', layers: undefined } as const
  let lose = (): void => undefined
  paid.pipeline.receipts = () =>
    new Promise((_, reject) => {
      lose = () => reject(new StageLostError(stage, 'cut'))
    })
  t.equal((await (await paid.user()).ask()).last?.type, 'done')
  t.equal(paid.service.counters.deliveriesPending, 1)
  lose()
  await until(() => market.story.includes('giveUp'))
  t.same(market.story, ['claim', 'start', 'giveUp'])
  t.equal(paid.service.counters.deliveriesPending, 0)
})

t.test('while as many answers wait for the market as may, nothing more is claimed', async (t) => {
  const market = new MarketDouble()
  const limits: ServiceLimits = { settleWaitMsMax: 1, deliveriesPendingMax: 1, deliveryStopMsMax: 20 }
  await using paid = await startPaidService({ market, limits })
  market.onCall = async ({ what }) => {
    if (what === 'deliver') throw new Away('nobody answers')
  }
  const user = await paid.user()
  t.equal((await user.ask()).last?.type, 'done')
  t.match((await user.ask()).refused, { code: 'DRIVER_DELIVERIES_FULL', isRetryable: true })
  t.equal(market.of('claim').length, 1)
})

t.test('past the deadline and a while, a delivery is given up', async (t) => {
  const market = new MarketDouble({ deadlineMs: systemClock.now() - 1_000 })
  const limits: ServiceLimits = { settleWaitMsMax: 1, deliveryGraceMs: 1 }
  await using paid = await startPaidService({ market, limits })
  market.onCall = async ({ what }) => {
    if (what === 'deliver') throw new Away('nobody answers')
  }
  await (await paid.user()).ask()
  await until(() => paid.service.counters.deliveriesPending === 0)
  t.equal(market.of('deliver').length, 1)
})

t.test('a service that is stopped goes on handing in for a while', async (t) => {
  const market = new MarketDouble()
  const paid = await startPaidService({ market, limits: { settleWaitMsMax: 1 } })
  market.failures.deliver = Array.from({ length: 5 }, () => new Away('nobody answers'))
  await (await paid.user()).ask()
  await paid.service.stop()
  t.equal(market.of('deliver').length, 6)
  t.equal(paid.service.counters.deliveriesPending, 0)
})

t.test('says what it can do: by a short answer at first, then by those that it gave', async (t) => {
  const market = new MarketDouble()
  await using paid = await startPaidService({ market })
  const [probed] = await paid.service.capacities()
  const workers = paid.pipeline.workers
  t.match(probed, { model: 'toy/q4', tokensPerSecond: 40, numericClass: 'toy', workers })
  t.equal(paid.pipeline.requests.length, 1)
  await paid.service.capacities()
  t.equal(paid.pipeline.requests.length, 1, 'a pipeline is probed once')
  paid.pipeline.tokens = 20
  const user = await paid.user()
  for (let count = 0; count < 3; count++) await user.ask()
  const [shown] = await paid.service.capacities()
  t.ok((shown?.tokensPerSecond ?? 0) > 40, `${shown?.tokensPerSecond}`)
})
