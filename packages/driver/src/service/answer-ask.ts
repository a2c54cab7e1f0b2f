import type { Clock, Milliseconds } from '@shardline/core'
import { AbortedError, fromUnknown, ShardlineError } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { Tokenizer } from '@shardline/model'
import type { AnswerEvent, AnswerToken } from '@shardline/wire'
import { choiceRequests } from '../choices.ts'
import type { AnswerChunk, FinishReason, GenerateRequest, Pipeline } from '../driver-types.ts'
import type { AnswerWriter } from './answer-writer.ts'
import type { PipelineHost } from './pipeline-host.ts'
import type { AskPlan } from './plan-ask.ts'

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
  readonly owner: string
  /** Ends it with what there is. */
  readonly signal: AbortSignal
  readonly arrivedAtMs: Milliseconds
}

interface ChoiceResult {
  readonly tokens: number
  readonly reusedTokens: number
}

/**
 * Answers an ask: a session for each choice, their events as they come, then the end. The first failure ends all choices.
 *
 * @throws what broke it; the writer's last event is the caller's then.
 */
export async function answerAsk(components: AnswerAskComponents, init: AnswerAskInit): Promise<void> {
  const { host, writer, clock } = components
  const { plan, arrivedAtMs } = init
  const { pipeline, model } = host
  await writer.write({
    type: 'started',
    model: model.name,
    promptTokens: plan.promptTokenIds.length,
    seed: plan.sampling.seed,
    contextLength: model.contextLength,
    stages: stagesOf(pipeline, init.driver),
  })
  const failed = new AbortController()
  const signal = AbortSignal.any([init.signal, failed.signal])
  let firstTokenMs: Milliseconds | undefined
  const onToken = (): void => {
    firstTokenMs ??= clock.monotonic()
  }
  const choices = choiceRequests(requestOf(plan, signal), { count: plan.choices }).map(
    async (request, choice) => {
      try {
        const signed = { ...request, ask: { id: init.ask, choice } }
        return await answerChoice({ ...components, pipeline, onToken }, { ...init, signal, request: signed })
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
  await writer.end({
    type: 'done',
    promptTokens: plan.promptTokenIds.length,
    outputTokens: results.reduce((sum, { tokens }) => sum + tokens, 0),
    reusedTokens: results.reduce((sum, { reusedTokens }) => sum + reusedTokens, 0),
    timeToFirstTokenMs: (firstTokenMs ?? nowMs) - arrivedAtMs,
    durationMs: nowMs - arrivedAtMs,
    isFailover: false,
  })
}

function requestOf(plan: AskPlan, signal: AbortSignal): GenerateRequest {
  const { promptTokenIds, maxTokens, sampling, stopStrings } = plan
  return { promptTokenIds, maxTokens, sampling, stopStrings, isDigestWanted: false, signal }
}

function stagesOf(pipeline: Pipeline, driver: PartyId): Extract<AnswerEvent, { type: 'started' }>['stages'] {
  return pipeline.stages.map(({ role, node, party, layers }) => ({
    role,
    party: role === 'driver' ? driver : (party ?? node),
    layers: layers ?? null,
  }))
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
  readonly onToken: () => void
}

async function answerChoice(components: ChoiceComponents, init: ChoiceInit): Promise<ChoiceResult> {
  const { host, writer, pipeline } = components
  const { choice } = init.request.ask
  const release = await waitForSlot(host, init)
  if (release === undefined) {
    return endChoice(writer, { choice, finishReason: 'aborted', tokens: 0, reusedTokens: 0 })
  }
  try {
    const answer = pipeline.generate(init.request)
    const windows = { count: 0 }
    for await (const chunk of answer) {
      checkCancelled(init.signal)
      if (chunk.token !== undefined) components.onToken()
      for (const event of eventsOf(chunk, { choice, windows, tokenizer: host.model.tokenizer })) {
        await writer.write(event)
      }
    }
    const { tokenIds, finishReason, reusedTokens } = await answer.result
    if (finishReason === 'aborted') checkCancelled(init.signal)
    return await endChoice(writer, { choice, finishReason, tokens: tokenIds.length, reusedTokens })
  } finally {
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
  end: ChoiceResult & { readonly choice: number; readonly finishReason: FinishReason },
): Promise<ChoiceResult> {
  const { choice, finishReason, tokens } = end
  await writer.write({ type: 'choice-ended', choice, finishReason, tokens })
  return end
}

interface ChunkPlace {
  readonly choice: number
  readonly windows: { count: number }
  readonly tokenizer: Tokenizer | undefined
}

function* eventsOf(chunk: AnswerChunk, place: ChunkPlace): Iterable<AnswerEvent> {
  const { choice, windows, tokenizer } = place
  const { text, token, window } = chunk
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
