import { once } from 'node:events'
import { AbortedError, SeededRandom } from '@shardline/core'
import type { AnswerEvent, AskContent } from '@shardline/wire'
import type { AnswerReport, AnswerSource, AskOptions, AskStream, OfferedModel } from '../../../src/index.ts'

/** What the double is asked to do instead of telling a story. */
export type Play = (content: AskContent, signal: AbortSignal) => AsyncIterable<AnswerEvent>

/** One ask that the double got. */
export interface SeenAsk {
  readonly content: AskContent
  readonly signal: AbortSignal
  /** Events that were taken from it. */
  taken: number
  isOver: boolean
}

export const MODEL: OfferedModel = {
  model: 'storyteller',
  digest: 'ab'.repeat(32),
  contextLength: 1024,
  layerCount: 8,
  hasChat: true,
  hasTools: true,
}

export const REPORT: AnswerReport = {
  ask: '00000000-0000-4000-8000-000000000001',
  driver: 'shard1driver',
  validator: 'shard1validator',
  stages: [
    { role: 'driver', party: 'shard1driver' },
    { role: 'worker', party: 'shard1worker' },
    { role: 'validator', party: 'shard1validator' },
  ],
  isVerified: true,
  isFailover: false,
  billed: 12n,
  lockedPrice: '3',
  payment: undefined,
}

/** Resolves when an answer is cancelled, also if it was before. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

const WORDS = ['Once', ' upon', ' a', ' time', ' a', ' fox', ' fou', 'nd', ' an', ' old', ' key', '.']

/** A source of answers that tells a story of its own: the same for the same seed. */
export class SourceDouble implements AnswerSource {
  readonly asks: SeenAsk[] = []
  offered: readonly OfferedModel[] = [MODEL]
  report: Promise<AnswerReport> = Promise.resolve(REPORT)
  play: Play = tellStory

  async models(): Promise<readonly OfferedModel[]> {
    return this.offered
  }

  ask(content: AskContent, options: AskOptions = {}): AskStream {
    const signal = options.signal ?? new AbortController().signal
    const seen: SeenAsk = { content, signal, taken: 0, isOver: false }
    this.asks.push(seen)
    return { report: this.report, [Symbol.asyncIterator]: () => take(seen, this.play(content, signal)) }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function* take(
  seen: SeenAsk,
  events: AsyncIterable<AnswerEvent>,
): AsyncGenerator<AnswerEvent, undefined> {
  try {
    for await (const event of events) {
      if (seen.signal.aborted) throw new AbortedError('the answer', seen.signal.reason)
      seen.taken++
      yield event
    }
  } finally {
    seen.isOver = true
  }
  return undefined
}

export const STARTED: AnswerEvent = {
  type: 'started',
  model: MODEL.model,
  promptTokens: 7,
  seed: 1,
  contextLength: 1024,
  stages: [
    { role: 'driver', party: 'shard1driver', layers: null },
    { role: 'validator', party: 'shard1validator', layers: null },
  ],
}

/** The end of an answer. */
export function done(outputTokens: number): AnswerEvent {
  const timeToFirstTokenMs = 2
  return {
    type: 'done',
    promptTokens: 7,
    outputTokens,
    reusedTokens: 3,
    timeToFirstTokenMs,
    durationMs: 9,
    isFailover: false,
  }
}

/** A piece of an answer, as one token. */
export function piece(choice: number, text: string, id = 5): AnswerEvent {
  const bytes = Buffer.from(text).toString('hex')
  const top = [
    { id, bytes, logprob: -0.5 },
    { id: id + 1, bytes: 'f09f', logprob: -1.5 },
  ]
  return { type: 'piece', choice, text, tokens: [{ id, bytes, logprob: -0.5, top }] }
}

/** The end of a choice. */
export function ended(choice: number, tokens: number, finishReason: 'stop' | 'length' = 'stop'): AnswerEvent {
  return { type: 'choice-ended', choice, finishReason, tokens }
}

/** An answer of these texts, one token each. */
export function say(...texts: readonly string[]): Play {
  return async function* () {
    yield STARTED
    for (const text of texts) yield piece(0, text)
    yield ended(0, texts.length)
    yield done(texts.length)
  }
}

// Tells a story: words drawn by the seed, ended by a stop string or the tokens' number.
export const tellStory: Play = async function* (content) {
  yield STARTED
  let total = 0
  for (let choice = 0; choice < content.choices; choice++) {
    const random = new SeededRandom((content.sampling.seed ?? 1) + choice)
    const count = Math.min(content.maxTokens ?? WORDS.length, WORDS.length)
    let text = ''
    let tokens = 0
    let isStopped = false
    while (tokens < count && !isStopped) {
      const word = WORDS[random.integer(WORDS.length)] ?? ''
      isStopped = content.stopStrings.some((stop) => (text + word).includes(stop))
      text += word
      tokens++
      if (!isStopped) yield piece(choice, word)
      await Promise.resolve()
    }
    total += tokens
    yield ended(choice, tokens, isStopped || count === WORDS.length ? 'stop' : 'length')
  }
  yield done(total)
}

/** An answer that fails at once. */
export function failing(error: Error): Play {
  return () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) })
}
