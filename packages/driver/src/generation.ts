import type { Clock, Milliseconds, ShardlineError } from '@shardline/core'
import type { StopStringMatcher } from '@shardline/engine'
import type { TokenStream } from '@shardline/model'
import type { WireToken, WireWindow } from '@shardline/wire'
import type { AnswerStatistics } from './answer-statistics.ts'
import type { AnswerStream } from './answer-stream.ts'
import type { AnswerResult, AnswerTimings, FinishReason, GenerateRequest } from './driver-types.ts'
import type { Turn } from './turn.ts'

/** What a {@link Generation} works with. */
export interface GenerationComponents {
  readonly clock: Clock
  readonly answer: AnswerStream
  readonly tokens: TokenStream
  readonly stops: StopStringMatcher
  readonly statistics: AnswerStatistics
}

/** What a {@link Generation} is to do. */
export interface GenerationInit {
  readonly request: GenerateRequest
  /** Tokens that fit, at most the request's. */
  readonly tokensMax: number
  /** When the answer was asked for. */
  readonly startedAtMs: Milliseconds
}

/** One answer while it is made: turns tokens into text, decides when it ends, measures. */
export class Generation implements Turn {
  readonly context: readonly number[]
  readonly use = 'sample'
  readonly statistics: AnswerStatistics
  /** Resolves when the last token is there; rejects by {@link fail}. */
  readonly finished: Promise<FinishReason>
  readonly #components: GenerationComponents
  readonly #init: GenerationInit
  readonly #ids: number[] = []
  readonly #logprobs: number[] = []
  readonly #stepMs: Milliseconds[] = []
  #firstTokenMs: Milliseconds | undefined
  #lastTokenMs: Milliseconds = 0
  #text = ''
  #reusedTokens = 0
  #prefillStartedMs: Milliseconds
  #isOver = false
  #signedTokens = 0
  #isSigned = false
  #settle: { resolve: (reason: FinishReason) => void; reject: (error: ShardlineError) => void } | undefined

  constructor(components: GenerationComponents, init: GenerationInit) {
    this.#components = components
    this.#init = init
    this.context = init.request.promptTokenIds
    this.statistics = components.statistics
    this.#prefillStartedMs = init.startedAtMs
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.finished.catch(() => undefined)
  }

  /** Whether the validator's last signature says that the answer is over. */
  get isSigned(): boolean {
    return this.#isSigned
  }

  get isPaused(): boolean {
    return this.#components.answer.isFull
  }

  /** The prompt's rows may be sent from now on; `reusedTokens` of them need not. */
  markPrefill(reusedTokens: number): void {
    this.#reusedTokens = reusedTokens
    this.#prefillStartedMs = this.#components.clock.monotonic()
  }

  onToken(token: WireToken, stepMs: Milliseconds | undefined): boolean {
    if (this.#isOver) return false
    this.#lastTokenMs = this.#components.clock.monotonic()
    this.#firstTokenMs ??= this.#lastTokenMs
    if (stepMs !== undefined) this.#stepMs.push(stepMs)
    const goesOn = token.isStop ? this.#finish('stop') : this.#take(token)
    if (token.window !== null) this.onWindow(token.window)
    return goesOn
  }

  /** Takes a signature over the tokens since the last one. */
  onWindow(window: WireWindow): void {
    const tokenIds = this.#ids.slice(this.#signedTokens)
    this.#signedTokens = this.#ids.length
    this.#isSigned = window.end !== 'none'
    this.#components.answer.push({ text: '', token: undefined, window: { ...window, tokenIds } })
  }

  onScores(): boolean {
    return !this.#isOver
  }

  /** Ends the answer with what there is. */
  abort(): void {
    if (!this.#isOver) this.#finish('aborted')
  }

  fail(error: ShardlineError): void {
    this.#isOver = true
    this.#settle?.reject(error)
  }

  /** The whole answer. */
  result(finishReason: FinishReason, digest: string | undefined): AnswerResult {
    return {
      text: this.#text,
      promptTokenIds: this.context,
      tokenIds: this.#ids,
      logprobs: this.#logprobs,
      finishReason,
      digest,
      reusedTokens: this.#reusedTokens,
      timings: this.#timings(),
      stages: this.statistics.reports(),
    }
  }

  #take(token: WireToken): boolean {
    this.#ids.push(token.id)
    this.#logprobs.push(token.logprob)
    const { text, isStopped } = this.#components.stops.push(this.#components.tokens.push(token.id))
    this.#push(text, { id: token.id, logprob: token.logprob, top: token.top })
    if (isStopped) return this.#finish('stop')
    if (this.#ids.length >= this.#init.tokensMax) return this.#finish('length')
    return true
  }

  /** Ends it; what was held back belongs to the text now. A stop string that only ends here still ends it as `stop`. */
  #finish(reason: FinishReason): boolean {
    this.#isOver = true
    const last = this.#components.stops.push(this.#components.tokens.end())
    const rest = this.#components.stops.end()
    const text = last.text + rest.text
    if (text !== '') this.#push(text, undefined)
    this.#settle?.resolve(rest.isStopped && reason === 'length' ? 'stop' : reason)
    return false
  }

  #push(
    text: string,
    token: { id: number; logprob: number; top: readonly (readonly [number, number])[] } | undefined,
  ): void {
    this.#text += text
    this.#components.answer.push({ text, token })
  }

  /** Rates: prompt rows over the time to the first token, from when they could be sent; tokens after the first over their steps. */
  #timings(): AnswerTimings {
    const first = this.#firstTokenMs
    const prefillTokens = this.context.length - this.#reusedTokens
    return {
      timeToFirstTokenMs: first === undefined ? 0 : first - this.#init.startedAtMs,
      prefillTokens,
      prefillTokensPerSecond:
        first === undefined ? 0 : perSecond(prefillTokens, first - this.#prefillStartedMs),
      decodeTokensPerSecond:
        first === undefined ? 0 : perSecond(this.#stepMs.length, this.#lastTokenMs - first),
      stepMs: this.#stepMs,
    }
  }
}

function perSecond(count: number, ms: Milliseconds): number {
  return ms > 0 ? (count * 1000) / ms : 0
}
