import { createLog, systemClock, systemRandom } from '@shardline/core'
import { askOf, connectDriver, parseDriverAddress, parseInvite } from '@shardline/client'
import type { AnswerReport, AskStream, DriverTarget } from '@shardline/client'
import { WebSocketTransport } from '@shardline/wire'
import type { AnswerEvent, AskContent } from '@shardline/wire'
import { nodeName, SOFTWARE } from '../cluster/node-name.ts'
import { linkSecurity } from '../cluster/role-key.ts'
import type { Terminal } from '../console/terminal.ts'
import { UsageError } from '../errors.ts'
import { ANSWER_TOKENS_DEFAULT } from '../limits.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { SamplingFlags } from '../options/sampling-flags.ts'
import { readInput } from '../prompt/read-input.ts'
import type { CommandContext } from './command-context.ts'
import { ownIdentity } from './own-identity.ts'

/** Options of `shardline ask`. */
export type AskCommandOptions = SamplingFlags &
  OutputOptions & {
    readonly invite: string | undefined
    readonly driver: string | undefined
    readonly model: string | undefined
    readonly system: string | undefined
    readonly key: string | undefined
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
  const { terminal, interrupt, config } = context
  const target = targetOf(options, config.invite)
  const input = await readInput({ prompt: options.text }, terminal)
  const text = input.kind === 'text' ? input.text.replace(/\r?\n$/, '') : ''
  const { identity } = await ownIdentity(options, context)
  const log = createLog({ level: config.logLevel, fields: { role: 'client' } })
  const self = { node: nodeName('client', systemRandom), role: 'client', software: SOFTWARE } as const
  const security = linkSecurity(identity, undefined)
  const transport = new WebSocketTransport({ clock: systemClock, log }, { self, security })
  await using source = await connectDriver(
    { transport, clock: systemClock, random: systemRandom, log },
    { ...target, signal: interrupt.signal },
  )
  const answer = source.ask(contentOf(text, options), { signal: interrupt.signal })
  const collected = await follow(answer, options.json === true ? undefined : terminal)
  const report = await answer.report
  if (options.json === true) {
    terminal.print(`${JSON.stringify({ ...collected, report })}\n`)
    return
  }
  terminal.print('\n')
  if (options.quiet !== true) terminal.note(describe(collected, report, terminal))
}

function targetOf(options: AskCommandOptions, fromEnvironment: string | undefined): DriverTarget {
  if (options.driver !== undefined) return parseDriverAddress(options.driver)
  const invite = options.invite ?? fromEnvironment
  if (invite === undefined) throw new UsageError('whom to ask is not said: give --invite or --driver')
  return parseInvite(invite)
}

function contentOf(text: string, options: AskCommandOptions): AskContent {
  const system =
    options.system === undefined ? [] : [{ role: 'system', content: options.system, extra: null }]
  const messages = [...system, { role: 'user', content: text, extra: null }]
  return askOf(
    { kind: 'messages', messages, tools: null },
    {
      model: options.model ?? null,
      maxTokens: options.maxTokens ?? ANSWER_TOKENS_DEFAULT,
      stopStrings: options.stop ?? [],
      sampling: {
        temperature: options.temperature ?? null,
        topK: options.topK ?? null,
        topP: options.topP ?? null,
        minP: options.minP ?? null,
        repetitionPenalty: options.repetitionPenalty ?? null,
        presencePenalty: options.presencePenalty ?? null,
        frequencyPenalty: options.frequencyPenalty ?? null,
        logitBias: [],
        seed: options.seed ?? null,
        topLogprobs: 0,
      },
    },
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
