import { textAsk } from '@shardline/client'
import type { AnswerReport, AnswerSource } from '@shardline/client'
import { systemClock } from '@shardline/core'
import t from 'tap'
import { startPaidCluster } from '../support/paid-cluster.ts'

// Starting six processes takes its time on a busy machine.
t.setTimeout(600_000)

const TOKENS = 60
/** Microcredits per token. */
const PRICE = 100n

/** A lease that nobody could wait for here, but shorter than a request's time. */
const LEASE_MS = 280_000
const cluster = await startPaidCluster({ settings: [`claimLeaseMs=${LEASE_MS}`] })
t.teardown(() => cluster[Symbol.asyncDispose]())

interface Read {
  readonly text: string
  readonly tokenIds: readonly number[]
  readonly isRestaged: boolean
  readonly report: AnswerReport
}

async function read(
  source: AnswerSource,
  onTokens: (count: number) => void = () => undefined,
): Promise<Read> {
  const content = textAsk('Once upon a time there was a little robot who', { maxTokens: TOKENS })
  const answer = source.ask({ ...content, sampling: { ...content.sampling, seed: 4, temperature: 0.8 } })
  let [text, isRestaged] = ['', false]
  const tokenIds: number[] = []
  for await (const event of answer) {
    if (event.type === 'restaged') isRestaged = true
    if (event.type !== 'piece') continue
    text += event.text
    tokenIds.push(...event.tokens.map(({ id }) => id))
    onTokens(tokenIds.length)
  }
  return { text, tokenIds, isRestaged, report: await answer.report }
}

t.test(
  'a driver that is killed in mid-answer comes back, and the answer goes on with the same text',
  async (t) => {
    await using source = await cluster.source()
    const undisturbed = await read(source)
    t.match(undisturbed, { isRestaged: false, report: { isFailover: false, isVerified: true } })
    const before = await cluster.as(cluster.user).balance()

    let replacing: Promise<void> | undefined
    let [killedMs, backMs] = [0, 0]
    const disturbed = await read(source, (count) => {
      if (replacing !== undefined && backMs === 0 && count > 20) backMs = systemClock.monotonic()
      if (count !== 20) return
      killedMs = systemClock.monotonic()
      replacing = cluster.replaceDriver()
    })
    await replacing
    t.comment(
      `its lease was ${LEASE_MS} ms; new tokens came ${Math.round(backMs - killedMs)} ms after the kill`,
    )
    t.ok(backMs > 0 && backMs - killedMs < LEASE_MS, 'nobody waited for the lease of the one that was killed')
    t.equal(disturbed.text, undisturbed.text)
    t.same(disturbed.tokenIds, undisturbed.tokenIds)
    const { report } = disturbed
    t.match(report, {
      isFailover: true,
      isVerified: true,
      payment: { state: 'COMPLETED', attempts: 2, fence: 2 },
    })
    t.ok(disturbed.isRestaged, 'it was asked for again in mid-answer')
    const { delivered, settlement } = report.payment ?? {}
    t.equal(delivered?.output, disturbed.tokenIds.length)
    const billed = BigInt((delivered?.prompt ?? 0) + disturbed.tokenIds.length) * PRICE
    t.equal(report.billed, billed, 'no token is billed twice')
    t.equal((settlement?.billed ?? 0n) + (settlement?.refund ?? 0n), report.payment?.hold)
    const after = await cluster.as(cluster.user).balance()
    t.same(after, { ...before, available: before.available - billed })
  },
)

t.test('the command asks through a market, and its bill is what the market has', async (t) => {
  const { url, parties } = cluster
  const asking = ['ask', '--market', url, '--max-tokens', '12', '--seed', '4']
  await using plain = cluster.run([...asking, '--json', '--driver', parties.driver.id, 'Tell me a story.'])
  const { text, tokens, report } = JSON.parse(await plain.output) as {
    readonly text: string
    readonly tokens: number
    readonly report: { readonly ask: string; readonly billed: string; readonly isVerified: boolean }
  }
  t.equal(tokens, 12)
  t.ok(text.length > 0)
  t.equal(report.isVerified, true)
  const { settlement } = await cluster.as(cluster.user).request(report.ask)
  t.equal(report.billed, String(settlement?.billed))

  await using thrifty = cluster.run([...asking, '--max-price', '0.5', 'Tell me a story.'])
  await t.rejects(thrifty.output, { message: /CLIENT_PRICE_TOO_HIGH/ })
  await using gateway = cluster.run(['gateway', '--market', url, '--port', '0'])
  const [, address = ''] = await gateway.untilWritten(/^gateway on (\S+)$/m)
  const models = (await (await fetch(`${address}/models`)).json()) as {
    readonly data: readonly { readonly id: string; readonly shardline: { readonly price: string } }[]
  }
  t.match(models.data, [{ id: 'storyteller/q4', shardline: { price: /^\d+/ } }])
  const answer = await fetch(`${address}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'storyteller/q4',
      messages: [{ role: 'user', content: 'Tell me a story.' }],
      max_completion_tokens: 12,
      seed: 4,
    }),
  })
  t.equal(answer.status, 200)
  t.match(answer.headers.get('x-shardline-billed'), /^\d+$/)
  const { choices, shardline } = (await answer.json()) as {
    readonly choices: readonly { readonly message: { readonly content: string } }[]
    readonly shardline: { readonly receipt: string; readonly verified: boolean }
  }
  t.equal(choices[0]?.message.content, text, 'the same seed, the same text')
  t.equal(shardline.verified, true)
  t.match(shardline.receipt, /^[0-9a-f-]{36}$/)
})
