import type { Clock, Milliseconds, ShardlineError } from '@shardline/core'
import type { StopStringMatcher } from '@shardline/engine'
import { FIRST_WINDOW_PREVIOUS, hashTokenWindow, tokenWindowBytes } from '@shardline/identity'
import type { Tokenizer, TokenStream } from '@shardline/model'
import type { WireToken, WireWindow } from '@shardline/wire'
import type { AnswerStatistics, StageFacts } from './answer-statistics.ts'
import type { AnswerTrace } from './answer-tracer.ts'
import type { AnswerStream } from './answer-stream.ts'
import type { AnswerResult, AnswerTimings, FinishReason, GenerateRequest } from './driver-types.ts'
import { ReplayDivergedError } from './errors.ts'
import type { Turn, TurnResume } from './turn.ts'

/** What a {@link Generation} works with. */
export interface GenerationComponents {
  readonly clock: Clock
  readonly answer: AnswerStream
  readonly tokens: TokenStream
  readonly tokenizer: Pick<Tokenizer, 'tokenBytes'>
  readonly stops: StopStringMatcher
  readonly statistics: AnswerStatistics
  readonly trace: AnswerTrace | undefined
}

/** What a {@link Generation} is to do. */
export interface GenerationInit {
  readonly request: GenerateRequest
  /** Tokens that fit, at most the request's. */
  readonly tokensMax: number
  /** When the answer was asked for. */
  readonly startedAtMs: Milliseconds
  /** What the validator signs tokens of. */
  readonly modelDigest: string
}

const NO_BYTES = new Uint8Array()

/** One answer while it is made: turns tokens into text, decides when it ends, measures. */
export class Generation implements Turn {
  readonly context: readonly number[]
  readonly use = 'sample'
  readonly statistics: AnswerStatistics
  readonly trace: AnswerTrace | undefined
  /** Resolves when the last token is there; rejects by {@link fail}. */
  readonly finished: Promise<FinishReason>
  readonly #components: GenerationComponents
  readonly #init: GenerationInit
  readonly #ids: number[] = []
  readonly #logprobs: number[] = []
  readonly #stepMs: Milliseconds[] = []
  readonly #tokenMs: Milliseconds[] = []
  #firstTokenMs: Milliseconds | undefined
  #lastTokenMs: Milliseconds = 0
  #text = ''
  #reusedTokens = 0
  #prefillStartedMs: Milliseconds
  #isOver = false
  #signedTokens = 0
  #isSigned = false
  #windows = 0
  #lastWindow: string = FIRST_WINDOW_PREVIOUS
  #settle: { resolve: (reason: FinishReason) => void; reject: (error: ShardlineError) => void } | undefined

  constructor(components: GenerationComponents, init: GenerationInit) {
    this.#components = components
    this.#init = init
    this.context = init.request.promptTokenIds
    this.statistics = components.statistics
    this.trace = components.trace
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
    const nowMs = this.#components.clock.monotonic()
    if (this.#firstTokenMs === undefined) this.#firstTokenMs = nowMs
    else this.#tokenMs.push(nowMs - this.#lastTokenMs)
    this.#lastTokenMs = nowMs
    if (stepMs !== undefined) this.#stepMs.push(stepMs)
    const goesOn = token.isStop ? this.#finish('stop') : this.#take(token)
    if (token.window !== null) this.onWindow(token.window)
    return goesOn
  }

  /** Takes a signature over the tokens since the last one, up to the last or to `tokens` of them all. */
  onWindow(window: WireWindow, tokens: number = this.#ids.length): void {
    const tokenIds = this.#ids.slice(this.#signedTokens, tokens)
    this.#signedTokens = tokens
    this.#lastWindow = this.#hashOf(window, tokenIds)
    this.#windows += 1
    this.#isSigned = window.end !== 'none'
    this.#components.answer.push({ text: '', token: undefined, window: { ...window, tokenIds } })
  }

  onScores(): boolean {
    return !this.#isOver
  }

  get isDigestWanted(): boolean {
    return this.#init.request.isDigestWanted
  }

  get isOwed(): boolean {
    const { ask } = this.#init.request
    return this.isDigestWanted || (ask !== undefined && !this.#isSigned)
  }

  /** After the last signature, if tokens are signed; after the last token, if they need not be; from the start for a digest. */
  resume(): TurnResume {
    const isSigning = this.#init.request.ask !== undefined
    const tokens = this.isDigestWanted ? 0 : isSigning ? this.#signedTokens : this.#ids.length
    const isFresh = tokens === 0
    return {
      tokenIds: this.#ids.slice(0, tokens),
      position: this.context.length + tokens - 1,
      windows: isFresh ? 0 : this.#windows,
      previous: isFresh ? FIRST_WINDOW_PREVIOUS : this.#lastWindow,
    }
  }

  isKnown(position: number): boolean {
    const index = position - this.context.length
    return index >= 0 && index < this.#ids.length
  }

  recheck(token: WireToken): void {
    const index = token.position - this.context.length
    const known = this.#ids[index]
    if (known !== undefined && (known !== token.id || token.isStop)) {
      throw new ReplayDivergedError(token.position, { known, given: token.id })
    }
    // With a digest, windows come once more from the first on; those that the reader has don't count again.
    if (token.window !== null && index + 1 > this.#signedTokens) this.onWindow(token.window, index + 1)
  }

  restage(facts: readonly StageFacts[]): void {
    this.statistics.restage(facts)
    this.trace?.event({ name: 'stages-replaced', nodes: facts.map(({ node }) => node) })
    this.#components.answer.push({ text: '', token: undefined, restaged: this.statistics.reports() })
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

  #hashOf(window: WireWindow, tokenIds: readonly number[]): string {
    const { request, modelDigest } = this.#init
    if (request.ask === undefined) return FIRST_WINDOW_PREVIOUS
    const { id: ask, choice } = request.ask
    const { end, previous } = window
    const tokens = tokenIds.map((id) => ({
      id,
      bytes: this.#components.tokenizer.tokenBytes(id) ?? NO_BYTES,
    }))
    return hashTokenWindow(
      tokenWindowBytes({ ask, choice, modelDigest, window: this.#windows, end, tokens, previous }),
    )
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
      tokenMs: this.#tokenMs,
    }
  }
}

function perSecond(count: number, ms: Milliseconds): number {
  return ms > 0 ? (count * 1000) / ms : 0
}
