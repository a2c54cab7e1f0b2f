import type { Clock, Milliseconds } from '@shardline/core'
import { AbortedError, fromUnknown, ShardlineError } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { Tokenizer } from '@shardline/model'
import type { AnswerEvent, AnswerToken } from '@shardline/wire'
import { choiceRequests } from '../choices.ts'
import type { Answer, AnswerChunk, FinishReason, GenerateRequest, Pipeline } from '../driver-types.ts'
import { AnswerCount } from './answer-count.ts'
import type { AnswerWriter } from './answer-writer.ts'
import type { PaidTokens } from './paid/ask-market.ts'
import type { PaidAsk } from './paid/paid-ask.ts'
import type { SlotOwner } from './fair-slots.ts'
import type { PipelineHost } from './pipeline-host.ts'
import type { AskPlan } from './plan-ask.ts'
import { ToldStages } from './told-stages.ts'

/** What an ask is answered with. */
export interface AnswerAskComponents {
  readonly clock: Clock
  readonly host: PipelineHost
  readonly writer: Pick<AnswerWriter, 'write' | 'end'>
}

/** What {@link answerAsk} is to do. */
export interface AnswerAskInit {
  readonly ask: string
  readonly plan: AskPlan
  readonly driver: PartyId
  /** Who waits in one row for places. */
  readonly owner: SlotOwner
  /** Ends it with what there is. */
  readonly signal: AbortSignal
  readonly arrivedAtMs: Milliseconds
  /** The claim that it is paid by; undefined if it costs nothing. */
  readonly paid: PaidAsk | undefined
}

interface ChoiceResult {
  readonly finishReason: FinishReason
  readonly tokens: number
  readonly reusedTokens: number
  /** That made it, where it is proven. */
  readonly session: string | undefined
}

/**
 * Answers an ask: a session for each choice, their events as they come, then the end. The first failure ends all choices.
 *
 * @throws what broke it; the writer's last event is the caller's then.
 */
export async function answerAsk(components: AnswerAskComponents, init: AnswerAskInit): Promise<void> {
  const { host, writer, clock } = components
  const { plan, arrivedAtMs, paid } = init
  const { pipeline, model } = host
  await paid?.begin(pipeline)
  const told = new ToldStages(init.driver, pipeline.stages)
  await writer.write({
    type: 'started',
    model: model.name,
    promptTokens: plan.promptTokenIds.length,
    seed: plan.sampling.seed,
    contextLength: model.contextLength,
    stages: told.stages,
  })
  const failed = new AbortController()
  const signal = AbortSignal.any([init.signal, failed.signal, ...(paid === undefined ? [] : [paid.lost])])
  const prompt = plan.promptTokenIds.length
  let firstTokenMs: Milliseconds | undefined
  const count = new AnswerCount(prompt)
  const begin = (answer: Answer): (() => void) => {
    const countToken = count.begin(answer)
    return () => {
      firstTokenMs ??= clock.monotonic()
      countToken()
      host.throughput.count()
      paid?.count(count.progress)
    }
  }
  const choices = choiceRequests(requestOf(init, signal), { count: plan.choices }).map(
    async (request, choice) => {
      try {
        const signed = { ...request, ask: { id: init.ask, choice } }
        return await answerChoice(
          { ...components, pipeline, told, begin },
          { ...init, signal, request: signed },
        )
      } catch (cause) {
        failed.abort(cause)
        throw cause
      }
    },
  )
  const outcomes = await Promise.allSettled(choices)
  if (failed.signal.aborted) throw failureOf(failed.signal.reason, pipeline)
  const results = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const nowMs = clock.monotonic()
  const outputTokens = results.reduce((sum, { tokens }) => sum + tokens, 0)
  await settle(paid, { results, delivered: { prompt, output: outputTokens } })
  await writer.end({
    type: 'done',
    promptTokens: prompt,
    outputTokens,
    reusedTokens: results.reduce((sum, { reusedTokens }) => sum + reusedTokens, 0),
    timeToFirstTokenMs: (firstTokenMs ?? nowMs) - arrivedAtMs,
    durationMs: nowMs - arrivedAtMs,
    isFailover: told.isRestaged,
  })
}

function requestOf({ plan, paid, owner }: AnswerAskInit, signal: AbortSignal): GenerateRequest {
  const { promptTokenIds, maxTokens, sampling, stopStrings } = plan
  const isProven = paid !== undefined
  const { network: share } = owner
  return { promptTokenIds, maxTokens, sampling, stopStrings, isDigestWanted: false, isProven, share, signal }
}

interface Settlement {
  readonly results: readonly ChoiceResult[]
  readonly delivered: PaidTokens
}

/** Hands in what is out, also when the user wanted no more of it; what was cancelled before its first token is given back. */
async function settle(paid: PaidAsk | undefined, { results, delivered }: Settlement): Promise<void> {
  if (paid === undefined) return
  const sessions = results.flatMap(({ session }) => (session === undefined ? [] : [session]))
  const isNothing = delivered.output === 0 && results.every(({ finishReason }) => finishReason === 'aborted')
  await (isNothing ? paid.release() : paid.finish({ sessions, delivered }))
}

/** What broke an answer; if the pipeline broke, what broke that. */
function failureOf(reason: unknown, pipeline: Pipeline): Error {
  return pipeline.failure ?? fromUnknown(reason)
}

interface ChoiceInit extends AnswerAskInit {
  readonly request: GenerateRequest & { readonly ask: { readonly id: string; readonly choice: number } }
}

interface ChoiceComponents extends AnswerAskComponents {
  readonly pipeline: Pipeline
  readonly told: ToldStages
  /** A choice begins; gives what is called for each of its tokens. */
  readonly begin: (answer: Answer) => () => void
}

async function answerChoice(components: ChoiceComponents, init: ChoiceInit): Promise<ChoiceResult> {
  const { host, writer, pipeline, told } = components
  const { choice } = init.request.ask
  const release = await waitForSlot(host, init)
  if (release === undefined) {
    const nothing = { tokens: 0, reusedTokens: 0, session: undefined }
    return endChoice(writer, { choice, finishReason: 'aborted', ...nothing })
  }
  const over = host.throughput.begin()
  try {
    // A stage may have been replaced while it waited, and another one while that is told.
    for (let changed = told.update(pipeline.stages); changed !== undefined;) {
      await writer.write(changed)
      changed = told.update(pipeline.stages)
    }
    init.paid?.restage()
    const answer = pipeline.generate(init.request)
    const onToken = components.begin(answer)
    const windows = { count: 0 }
    for await (const chunk of answer) {
      checkCancelled(init.signal)
      if (chunk.token !== undefined) onToken()
      if (chunk.restaged !== undefined) init.paid?.restage()
      for (const event of eventsOf(chunk, { choice, windows, told, tokenizer: host.model.tokenizer })) {
        await writer.write(event)
      }
    }
    const { tokenIds, finishReason, reusedTokens, session } = await answer.result
    if (finishReason === 'aborted') checkCancelled(init.signal)
    const tokens = tokenIds.length
    return await endChoice(writer, { choice, finishReason, tokens, reusedTokens, session })
  } finally {
    over()
    release()
  }
}

/** Undefined if the ask was cancelled while it waited. */
async function waitForSlot(host: PipelineHost, init: ChoiceInit): Promise<(() => void) | undefined> {
  try {
    return await host.slots.acquire(init.owner, init.signal)
  } catch (cause) {
    if (!(cause instanceof AbortedError)) throw cause
    checkCancelled(init.signal)
    return undefined
  }
}

/** An answer that ends early ends well only if the user wanted it: else by what ended it. */
function checkCancelled(signal: AbortSignal): void {
  if (signal.reason instanceof ShardlineError) throw signal.reason
}

async function endChoice(
  writer: AnswerAskComponents['writer'],
  end: ChoiceResult & { readonly choice: number },
): Promise<ChoiceResult> {
  const { choice, finishReason, tokens } = end
  await writer.write({ type: 'choice-ended', choice, finishReason, tokens })
  return end
}

interface ChunkPlace {
  readonly choice: number
  readonly windows: { count: number }
  readonly told: ToldStages
  readonly tokenizer: Tokenizer | undefined
}

function* eventsOf(chunk: AnswerChunk, place: ChunkPlace): Iterable<AnswerEvent> {
  const { choice, windows, told, tokenizer } = place
  const { text, token, window, restaged } = chunk
  const change = restaged === undefined ? undefined : told.restage(restaged)
  if (change !== undefined) yield change
  if (text !== '' || token !== undefined) {
    yield { type: 'piece', choice, text, tokens: token === undefined ? [] : [tokenOf(token, tokenizer)] }
  }
  if (window !== undefined) {
    const { tokenIds, end, previous, signature } = window
    yield { type: 'window', choice, window: windows.count++, tokenIds, end, previous, signature }
  }
}

function tokenOf(
  { id, logprob, top }: NonNullable<AnswerChunk['token']>,
  tokenizer: Tokenizer | undefined,
): AnswerToken {
  const bytesOf = (tokenId: number): string =>
    Buffer.from(tokenizer?.tokenBytes(tokenId) ?? []).toString('hex')
  const alternatives = top.map(([other, itsLogprob]) => ({
    id: other,
    bytes: bytesOf(other),
    logprob: itsLogprob,
  }))
  return { id, bytes: bytesOf(id), logprob, top: alternatives }
}
