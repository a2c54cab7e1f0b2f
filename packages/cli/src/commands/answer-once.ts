import type { Answer, GenerateRequest } from '@shardline/driver'
import type { GrammarSpec } from '@shardline/engine'
import type { ClusterProcess } from '../cluster/cluster-process.ts'
import type { DriverHost } from '../cluster/driver-host.ts'
import { answerToJson } from '../console/result-json.ts'
import type { TopAlternatives } from '../console/result-json.ts'
import { drawStages, drawTimings } from '../console/stage-picture.ts'
import type { Terminal } from '../console/terminal.ts'
import type { AnswerFormatFlags } from '../options/answer-format-flags.ts'
import type { RenderFlags } from '../options/input-options.ts'
import type { DigestFlag, OutputOptions } from '../options/output-options.ts'
import type { LogprobsFlag, SamplingFlags } from '../options/sampling-flags.ts'
import { answerRoom } from '../prompt/answer-room.ts'
import { encodePrompt } from '../prompt/encode-prompt.ts'
import type { PromptInput } from '../prompt/read-input.ts'
import type { CommandContext } from './command-context.ts'
import { resolveFlags } from './resolve-flags.ts'

/** How one prompt is answered and reported. */
export type AnswerFlags = SamplingFlags &
  LogprobsFlag &
  RenderFlags &
  DigestFlag &
  Partial<Pick<AnswerFormatFlags, 'logitBias'>> &
  OutputOptions & { readonly precision: string }

/** What {@link answerOnce} answers. */
export interface AnswerOnceInit {
  readonly input: PromptInput
  readonly flags: AnswerFlags
  readonly processes: readonly ClusterProcess[]
  /** What the answer has to be. @default any text */
  readonly grammar?: GrammarSpec | undefined
}

/** Answers one prompt over a formed pipeline, and prints text and stages, or one object. */
export async function answerOnce(
  host: DriverHost,
  init: AnswerOnceInit,
  context: CommandContext,
): Promise<void> {
  const { flags, processes } = init
  const { terminal } = context
  const request = await buildRequest(host, init, context)
  const answer = host.pipeline.generate(request)
  const isJson = flags.json === true
  const top = await followAnswer(answer, isJson ? undefined : terminal)
  const result = await answer.result
  const { sampling } = request
  const { checkpoint } = host
  const hasText = host.tokenizer !== undefined
  if (isJson) {
    const facts = {
      model: checkpoint.reference,
      modelDigest: checkpoint.digest,
      precision: flags.precision,
      processes,
    }
    const wantedTop = sampling.topLogprobs > 0 ? top : undefined
    const { prediction } = host.pipeline
    const json = answerToJson({ result, facts, sampling, hasText, top: wantedTop, prediction })
    terminal.print(`${JSON.stringify(json)}\n`)
    return
  }
  terminal.print(hasText ? '\n' : `${JSON.stringify(result.tokenIds)}\n`)
  if (flags.quiet === true) return
  terminal.note(`\n${drawStages(result.stages)}${drawTimings(result, host.pipeline.prediction)}`)
  const digest = result.digest === undefined ? '' : ` · digest ${result.digest}`
  terminal.note(terminal.style('stderr', 'dim', `seed ${sampling.seed}${digest}\n`))
}

/** Prints an answer's text as it comes, if there is a terminal to print on, and collects the alternatives. */
async function followAnswer(answer: Answer, terminal: Terminal | undefined): Promise<TopAlternatives> {
  // A failure reaches the caller through the loop; the promise's own copy must not count as unhandled.
  answer.result.catch(() => undefined)
  const ids: (readonly number[])[] = []
  const logprobs: (readonly number[])[] = []
  for await (const chunk of answer) {
    terminal?.print(chunk.text)
    if (chunk.token === undefined) continue
    ids.push(chunk.token.top.map(([id]) => id))
    logprobs.push(chunk.token.top.map(([, logprob]) => logprob))
  }
  return { ids, logprobs }
}

async function buildRequest(
  host: DriverHost,
  init: AnswerOnceInit,
  context: CommandContext,
): Promise<GenerateRequest> {
  const { checkpoint } = host
  const { flags } = init
  const promptTokenIds = await encodePrompt(trimLastNewline(init.input), host, flags)
  return {
    promptTokenIds,
    maxTokens: answerRoom({
      promptTokens: promptTokenIds.length,
      contextLength: host.contextLength,
      wanted: flags.maxTokens,
      suggested: checkpoint.suggestedSampling.maxTokens,
    }),
    sampling: resolveFlags({ ...flags, grammar: init.grammar }, checkpoint, context.random),
    stopStrings: flags.stop ?? [],
    isDigestWanted: flags.digest ?? flags.json === true,
    signal: context.interrupt.signal,
  }
}

/** Files and pipes end with a newline that nobody meant as part of the prompt. */
function trimLastNewline(input: PromptInput): PromptInput {
  return input.kind === 'ids' ? input : { kind: 'text', text: input.text.replace(/\r?\n$/, '') }
}
