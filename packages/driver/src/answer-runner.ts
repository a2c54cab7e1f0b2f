import type { Clock, Milliseconds } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import { createStopStringMatcher } from '@shardline/engine'
import type { Tokenizer } from '@shardline/model'
import type { SessionClosedMessage } from '@shardline/wire'
import { AnswerStream } from './answer-stream.ts'
import type { AnswerTrace, AnswerTracer } from './answer-tracer.ts'
import type { RequestBounds } from './check-request.ts'
import { checkGenerate } from './check-request.ts'
import type { Answer, AnswerResult, GenerateRequest } from './driver-types.ts'
import { Generation } from './generation.ts'
import type { PipelineCore } from './pipeline-core.ts'
import type { Session, TurnOpening } from './session.ts'

/** Where an answer gets its session. */
export interface SessionSource {
  /** A session for one turn, of which at least `tokens` tokens fit. */
  acquire(tokens: number, signal: AbortSignal): Promise<Session>
  /** Called after the turn, whatever came of it; resolves with what the validator said at its end, if that is wanted. */
  release(
    session: Session,
    options: { readonly isEndWanted: boolean },
  ): Promise<SessionClosedMessage | undefined>
}

/** What answers are made with. */
export interface AnswerRunnerComponents {
  readonly core: PipelineCore
  readonly clock: Clock
  readonly tokenizer: Tokenizer
  /** Undefined unless somebody follows answers. */
  readonly tracer: AnswerTracer | undefined
}

/** Bounds of answers. */
export interface AnswerRunnerInit {
  /** Of the pipeline. */
  readonly id: string
  readonly chunksBufferedMax: number
  readonly modelDigest: string
}

/** Makes answers out of requests and sessions. */
export class AnswerRunner {
  readonly #components: AnswerRunnerComponents
  readonly #init: AnswerRunnerInit

  constructor(components: AnswerRunnerComponents, init: AnswerRunnerInit) {
    this.#components = components
    this.#init = init
  }

  /** Starts an answer; every failure, also of the request itself, surfaces in it. */
  start(request: GenerateRequest, source: SessionSource, bounds: RequestBounds): Answer {
    const leave = new AbortController()
    const answer = new AnswerStream({
      chunksBufferedMax: this.#init.chunksBufferedMax,
      onRoom: () => this.#components.core.wake(),
      onLeave: () => leave.abort(),
    })
    const signal =
      request.signal === undefined ? leave.signal : AbortSignal.any([leave.signal, request.signal])
    const startedAtMs = this.#components.clock.monotonic()
    const trace = this.#components.tracer?.begin({
      pipeline: this.#init.id,
      ask: request.ask?.id,
      choice: request.ask?.choice,
      promptTokens: request.promptTokenIds.length,
      startedMs: startedAtMs,
    })
    this.#run({ request, source, bounds, answer, signal, startedAtMs, trace }).then(
      (result) => {
        const { finishReason, tokenIds, reusedTokens } = result
        trace?.end({ finishReason, tokens: tokenIds.length, reusedTokens })
        answer.finish(result)
      },
      (cause: unknown) => {
        const error = fromUnknown(cause)
        trace?.end({ code: error.code })
        answer.fail(error)
      },
    )
    return answer
  }

  async #run(run: Run): Promise<AnswerResult> {
    const { request, source, answer, signal } = run
    const { core, clock, tokenizer } = this.#components
    const tokensMax = checkGenerate(request, run.bounds)
    const generation = new Generation(
      {
        clock,
        answer,
        tokens: tokenizer.stream(),
        tokenizer,
        stops: createStopStringMatcher(request.stopStrings),
        statistics: core.newStatistics(),
        trace: run.trace,
      },
      { request, tokensMax, startedAtMs: run.startedAtMs, modelDigest: this.#init.modelDigest },
    )
    let session: Session
    try {
      session = await source.acquire(request.promptTokenIds.length + tokensMax, signal)
    } catch (cause) {
      if (!signal.aborted || !(cause instanceof AbortedError)) throw cause
      return generation.result('aborted', undefined)
    }
    answer.beginWith(session)
    const onAbort = (): void => {
      generation.abort()
      if (session.turn === generation) session.endTurn()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      const reused = await core.startTurn(session, generation, { opening: openingOf(request), signal })
      if (reused !== undefined) {
        generation.markPrefill(reused)
        core.wake()
      }
      const finishReason = await generation.finished
      const isEndWanted = request.isDigestWanted || (request.ask !== undefined && !generation.isSigned)
      const end = await source.release(session, { isEndWanted })
      if (end !== undefined && end.window !== null) generation.onWindow(end.window)
      return {
        ...generation.result(finishReason, end?.digest ?? undefined),
        session: session.isProven && session.isOpened ? session.id : undefined,
      }
    } catch (cause) {
      void source.release(session, { isEndWanted: false })
      throw cause
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

interface Run {
  readonly request: GenerateRequest
  readonly source: SessionSource
  readonly bounds: RequestBounds
  readonly answer: AnswerStream
  readonly signal: AbortSignal
  readonly startedAtMs: Milliseconds
  readonly trace: AnswerTrace | undefined
}

function openingOf(request: GenerateRequest): TurnOpening {
  const { sampling, isDigestWanted, ask = null } = request
  return { sampling, score: null, isDigestWanted, ask, resume: null }
}
