import { askOf, MarketAnswerSource } from '@shardline/client'
import type { AnswerReport, AskStream } from '@shardline/client'
import type { AnswerEvent, AskContent } from '@shardline/wire'
import { drawBill } from '../console/bill.ts'
import { drawReceipts } from '../console/receipts.ts'
import type { Terminal } from '../console/terminal.ts'
import { openSource } from '../market/open-source.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { SamplingFlags } from '../options/sampling-flags.ts'
import type { SourceOptions } from '../options/source-options.ts'
import { readInput } from '../prompt/read-input.ts'
import { askFields } from './ask-fields.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline ask`. */
export type AskCommandOptions = SamplingFlags &
  OutputOptions &
  SourceOptions & {
    readonly model: string | undefined
    readonly system: string | undefined
  }

/** What came of an ask. */
interface Collected {
  text: string
  tokens: number
  windows: number
  finishReason: string
  seed: number
  model: string
}

/** Asks a driver that serves, and prints the answer as it comes. */
export async function runAsk(
  options: AskCommandOptions & { readonly text: string | undefined },
  context: CommandContext,
): Promise<void> {
  const { terminal, interrupt } = context
  const input = await readInput({ prompt: options.text }, terminal)
  const text = input.kind === 'text' ? input.text.replace(/\r?\n$/, '') : ''
  await using source = await openSource({ ...options, role: 'client' }, context)
  const answer = source.ask(contentOf(text, options), { signal: interrupt.signal })
  const collected = await follow(answer, options.json === true ? undefined : terminal)
  const report = await answer.report
  if (options.json === true) {
    terminal.print(`${JSON.stringify({ ...collected, report }, decimal)}\n`)
    return
  }
  terminal.print('\n')
  if (options.quiet === true) return
  terminal.note(describe(collected, report, terminal))
  const { payment } = report
  if (payment !== undefined) terminal.note(drawBill([payment]))
  if (payment?.settlement === undefined || !(source instanceof MarketAnswerSource)) return
  if (payment.state === 'COMPLETED') terminal.note(drawReceipts(await source.market.receipts(payment)))
}

/** Money is whole numbers that JSON's are too small for. */
function decimal(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function contentOf(text: string, options: AskCommandOptions): AskContent {
  const system =
    options.system === undefined ? [] : [{ role: 'system', content: options.system, extra: null }]
  const messages = [...system, { role: 'user', content: text, extra: null }]
  return askOf(
    { kind: 'messages', messages, tools: null },
    { model: options.model ?? null, ...askFields(options) },
  )
}

async function follow(answer: AskStream, terminal: Terminal | undefined): Promise<Collected> {
  const collected: Collected = { text: '', tokens: 0, windows: 0, finishReason: '', seed: 0, model: '' }
  for await (const event of answer) {
    collect(event, collected)
    if (event.type === 'piece') terminal?.print(event.text)
  }
  return collected
}

function collect(event: AnswerEvent, collected: Collected): void {
  if (event.type === 'started') {
    collected.seed = event.seed
    collected.model = event.model
  } else if (event.type === 'piece') {
    collected.text += event.text
    collected.tokens += event.tokens.length
  } else if (event.type === 'window') collected.windows += 1
  else if (event.type === 'choice-ended') collected.finishReason = event.finishReason
}

function describe(collected: Collected, report: AnswerReport, terminal: Terminal): string {
  const { tokens, windows, seed, model, finishReason } = collected
  const signatures = windows === 1 ? '1 signature' : `${windows} signatures`
  const verified = `verified: ${tokens} tokens of ${model} under ${signatures} of ${report.validator ?? ''}\n`
  const facts = `driver ${report.driver} · seed ${seed} · ended by ${finishReason}\n`
  return `\n${terminal.style('stderr', 'green', verified)}${terminal.style('stderr', 'dim', facts)}`
}
