import { systemClock } from '@shardline/core'
import { textAsk } from '@shardline/client'
import type { AnswerReport, AnswerSource } from '@shardline/client'
import t from 'tap'
import { PAID_CREDITS, startPaidCluster } from '../support/paid-cluster.ts'
import type { PaidCluster } from '../support/paid-cluster.ts'

const PROMPT = 'Once upon a time there was a little robot who'

interface Asked {
  readonly text: string
  readonly tokens: number
  readonly report: AnswerReport
}

async function ask(source: AnswerSource, maxTokens: number, onPiece?: () => Promise<void>): Promise<Asked> {
  const content = textAsk(PROMPT, { maxTokens })
  const answer = source.ask({ ...content, sampling: { ...content.sampling, seed: 4 } })
  let text = ''
  let tokens = 0
  for await (const event of answer) {
    if (event.type !== 'piece') continue
    text += event.text
    tokens += event.tokens.length
    await onPiece?.()
  }
  return { text, tokens, report: await answer.report }
}

t.test('an answer is paid to everyone who took part, to the microcredit', async (t) => {
  await using cluster = await startPaidCluster()
  await using source = await cluster.source()
  const { report, tokens } = await ask(source, 24)
  t.comment(JSON.stringify(report, (_k, v) => (typeof v === 'bigint' ? String(v) : v)))
  t.equal(tokens, 24)
  t.ok(report.isVerified)
})
