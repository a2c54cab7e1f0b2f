import { textAsk } from '@shardline/client'
import type { AnswerReport, AnswerSource } from '@shardline/client'
import t from 'tap'
import { startPaidCluster } from '../support/paid-cluster.ts'

// Starting six processes takes its time on a busy machine.
t.setTimeout(120_000)

const TOKENS = 60
/** Microcredits per token. */
const PRICE = 100n

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
    await using cluster = await startPaidCluster({ settings: ['claimLeaseMs=2000'] })
    await using source = await cluster.source()
    const undisturbed = await read(source)
    t.match(undisturbed, { isRestaged: false, report: { isFailover: false, isVerified: true } })
    const before = await cluster.as(cluster.user).balance()

    let replacing: Promise<void> | undefined
    const disturbed = await read(source, (count) => {
      if (count === 20) replacing = cluster.replaceDriver()
    })
    await replacing
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
