import { textAsk } from '@shardline/client'
import type { AnswerReport, AnswerSource, MarketRequest } from '@shardline/client'
import { systemClock } from '@shardline/core'
import t from 'tap'
import type { Test } from 'tap'
import { PAID_CREDITS, startPaidCluster } from '../support/paid-cluster.ts'
import type { PaidCluster } from '../support/paid-cluster.ts'

// Starting five processes takes its time on a busy machine.
t.setTimeout(600_000)

const PROMPT = 'Once upon a time there was a little robot who'

/** Parts of what is billed, by the rule book: fee, then driver, workers and validator of the rest. */
const FEE = 0.1
const PARTS = { driver: 0.15, 'worker-1': 0.35, 'worker-2': 0.35, validator: 0.15 } as const

interface Asked {
  readonly text: string
  readonly tokens: number
  readonly report: AnswerReport
}

/** Asks; `onToken` is called with each token that is there. */
async function ask(
  source: AnswerSource,
  {
    maxTokens,
    signal,
    onToken,
  }: { maxTokens: number; signal?: AbortSignal; onToken?: (count: number) => Promise<void> },
): Promise<Asked> {
  const content = textAsk(PROMPT, { maxTokens })
  const seeded = { ...content, sampling: { ...content.sampling, seed: 4, temperature: 0.8 } }
  const answer = source.ask(seeded, signal === undefined ? {} : { signal })
  let text = ''
  let tokens = 0
  for await (const event of answer) {
    if (event.type !== 'piece') continue
    text += event.text
    tokens += event.tokens.length
    await onToken?.(tokens)
  }
  return { text, tokens, report: await answer.report }
}

/** The request when the market has settled it. */
async function settled(cluster: PaidCluster, id: string): Promise<MarketRequest> {
  const market = cluster.as(cluster.user)
  for (;;) {
    const request = await market.request(id)
    if (request.settlement?.isDone === true) return request
    await systemClock.sleep(100)
  }
}

/** What each party has in all, free and held. */
async function purses(cluster: PaidCluster): Promise<Readonly<Record<string, bigint>>> {
  const entries = Object.entries({ user: cluster.user, ...cluster.parties }).map(async ([role, identity]) => {
    const { available, held } = await cluster.as(identity).balance()
    return [role, available + held] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** Holds balances against the rule book, in whole microcredits: nobody is one off its exact part. */
function checkShares(t: Test, paid: Readonly<Record<string, bigint>>, request: MarketRequest): void {
  const { billed = 0n, fee = 0n, refund = 0n } = request.settlement ?? {}
  t.equal(billed + refund, request.hold)
  t.equal(fee, BigInt(Math.round(Number(billed) * FEE)))
  const pool = Number(billed - fee)
  let sum = 0n
  for (const [role, part] of Object.entries(PARTS)) {
    const amount = paid[role] ?? 0n
    t.ok(Math.abs(Number(amount) - pool * part) < 1, `${role}: ${amount} of ${pool}`)
    sum += amount
  }
  t.equal(sum, billed - fee, 'all of the pool is paid out')
}

/** What each party has more than before. */
function gains(
  before: Readonly<Record<string, bigint>>,
  after: Readonly<Record<string, bigint>>,
): Readonly<Record<string, bigint>> {
  return Object.fromEntries(
    Object.entries(after).map(([role, amount]) => [role, amount - (before[role] ?? 0n)]),
  )
}

t.test(
  'answers over processes are paid by the rule book, whatever happens to the market meanwhile',
  async (t) => {
    await using cluster = await startPaidCluster({ settings: ['acknowledgeMsMax=1000'] })
    await using source = await cluster.source({ limits: { billMsMax: 2_000 } })
    const { url, parties } = cluster
    const [listed] = await cluster.as(cluster.user).drivers('storyteller/q4')
    t.match(listed, { driver: parties.driver.id, hasKey: true, quantization: 'int8' })
    t.ok((listed?.reportedTokensPerSecond ?? 0) > 0, 'what it can do was measured')
    t.same(
      new Set(listed?.workers),
      new Set([parties['worker-1'].id, parties['worker-2'].id, parties.spare.id]),
    )

    await t.test('an answer is paid to everyone who took part, to the microcredit', async (t) => {
      const before = await purses(cluster)
      t.equal(before['user'], PAID_CREDITS)
      const { report, tokens } = await ask(source, { maxTokens: 24 })
      t.equal(tokens, 24)
      t.match(report, { isVerified: true, driver: parties.driver.id, validator: parties.validator.id })
      const request = await settled(cluster, report.ask)
      const prompt = request.delivered.prompt
      t.match(request, {
        state: 'COMPLETED',
        delivered: { output: 24 },
        acknowledged: { prompt, output: 24 },
      })
      const billed = BigInt(prompt + 24) * 100n
      t.equal(request.settlement?.billed, billed)
      const gained = gains(before, await purses(cluster))
      t.equal(gained['user'], -billed)
      checkShares(t, gained, request)
    })

    await t.test('what is cancelled is billed as far as it came', async (t) => {
      const before = await purses(cluster)
      const cancel = new AbortController()
      let id = ''
      const asked = ask(source, {
        maxTokens: 200,
        signal: cancel.signal,
        onToken: async (count) => {
          if (count >= 40) cancel.abort()
        },
      })
      await t.rejects(asked, { code: 'CORE_ABORTED' })
      const [request] = await cluster.as(cluster.user).requests({ limit: 1 })
      id = request?.id ?? ''
      const ended = await settled(cluster, id)
      const { delivered, acknowledged, settlement } = ended
      t.ok(delivered.output >= 40 && delivered.output < 200, `${delivered.output} delivered`)
      t.ok(acknowledged.output > 0 && acknowledged.output <= delivered.output, 'what was verified counts')
      t.equal(settlement?.billed, BigInt(acknowledged.prompt + acknowledged.output) * 100n)
      checkShares(t, gains(before, await purses(cluster)), ended)
    })

    await t.test('a market that is killed in mid-answer settles it when it is back', async (t) => {
      const before = await purses(cluster)
      let killed: Promise<void> | undefined
      const { report, tokens } = await ask(source, {
        maxTokens: 120,
        onToken: async (count) => {
          if (count >= 10) await (killed ??= cluster.killMarket())
        },
      })
      t.ok(tokens > 10, 'the answer goes on')
      t.match(report, { isVerified: true, billed: undefined })
      await t.rejects(fetch(`${url}/healthz`), 'the market is away')
      await cluster.restartMarket()
      const request = await settled(cluster, report.ask)
      t.match(request, {
        state: 'COMPLETED',
        fence: 1,
        delivered: { output: tokens },
        acknowledged: { output: tokens },
      })
      checkShares(t, gains(before, await purses(cluster)), request)
      const { report: again } = await ask(source, { maxTokens: 4 })
      t.match(await settled(cluster, again.ask), { state: 'COMPLETED', delivered: { output: 4 } })
    })

    await t.test('a worker that dies in mid-answer is replaced, and its replacement is paid', async (t) => {
      const whole = await ask(source, { maxTokens: 160 })
      await settled(cluster, whole.report.ask)
      const before = await purses(cluster)
      let killed: Promise<void> | undefined
      const { text, report } = await ask(source, {
        maxTokens: 160,
        onToken: async (count) => {
          if (count >= 20) await (killed ??= cluster.firstWorker.kill())
        },
      })
      t.equal(text, whole.text, 'the same text')
      t.match(report, { isVerified: true, isFailover: true })
      const request = await settled(cluster, report.ask)
      const workers = [parties.spare.id, parties['worker-2'].id]
      t.same(
        request.participants?.workers.map(({ node }) => node),
        workers,
      )
      t.match(request, { state: 'COMPLETED', fence: 1, delivered: { output: whole.tokens } })
      const { 'worker-1': dead, spare, ...others } = gains(before, await purses(cluster))
      t.equal(dead, 0n, 'who is lost before the end is not paid')
      checkShares(t, { ...others, 'worker-1': spare ?? 0n }, request)
    })

    await t.test('a driver that is stopped leaves the market', async (t) => {
      await cluster.driver[Symbol.asyncDispose]()
      t.same(await cluster.as(cluster.user).drivers('storyteller/q4'), [])
    })
  },
)
