import { textAsk } from '@shardline/client'
import type { AnswerSource } from '@shardline/client'
import { fromUnknown, systemClock } from '@shardline/core'
import type { AskContent } from '@shardline/wire'

/** What an answer was, or how it ended. */
export interface Answered {
  readonly stream: number
  /** `same`, `different`, `hung`, or the code of the error that ended it. */
  readonly outcome: string
  readonly reason: string
  readonly isFailover: boolean
  /** Id of the request, if the answer is whole. */
  readonly ask: string | undefined
  readonly tokens: number
  readonly beganMs: number
  readonly endedMs: number
  /** When a piece came. */
  readonly piecesMs: readonly number[]
}

/** What was got. */
interface Got extends Expected {
  readonly ask: string
  readonly isFailover: boolean
}

/** What an undisturbed run made of one ask. */
interface Expected {
  readonly text: string
  readonly tokenIds: readonly number[]
}

/** An answer that runs. */
interface Running {
  readonly stream: number
  readonly piecesMs: number[]
  /** Whether all of it came, and only its end is waited for. */
  isSettling: boolean
}

const PAUSE_AFTER_FAILURE_MS = 300
/** An answer that is not over by then never ends. */
const ANSWER_MS_MAX = 240_000
/** Tokens of an answer: one in four is short, so that sessions come and go. */
const TOKENS = [64, 48, 96, 6] as const
const SUBJECTS = [
  'a fox',
  'the sea',
  'an old clock',
  'two friends',
  'a storm',
  'the market',
  'a letter',
  'snow',
]
/** Makes a prompt that takes several frames. */
const LONG_PROMPT_SENTENCES = 24

/** Streams that ask the same things over and over, each answer compared with what came when nothing was disturbed. */
export class ChaosLoad {
  readonly answers: Answered[] = []
  readonly #source: AnswerSource
  readonly #asks: readonly AskContent[]
  readonly #running = new Set<Running>()
  #expected: readonly Expected[] = []
  #wake: () => void = () => undefined

  constructor(source: AnswerSource, streams: number) {
    this.#source = source
    this.#asks = Array.from({ length: streams }, (_, stream) => askOf(stream))
  }

  /** Answers everything once, undisturbed. @throws what an ask throws. */
  async rehearse(): Promise<void> {
    const expected: Expected[] = []
    for (const stream of this.#asks.keys())
      expected.push(await this.#ask({ stream, piecesMs: [], isSettling: false }))
    this.#expected = expected
  }

  /** Runs all streams until `signal` aborts; answers that run then are waited for. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      [...this.#asks.keys()].map(async (stream) => {
        while (!signal.aborted) {
          const { outcome } = await this.answer(stream)
          if (outcome !== 'same') await systemClock.sleep(PAUSE_AFTER_FAILURE_MS)
        }
      }),
    )
  }

  /** One answer, compared. Never rejects. */
  async answer(stream: number): Promise<Answered> {
    const beganMs = systemClock.monotonic()
    const running: Running = { stream, piecesMs: [], isSettling: false }
    this.#running.add(running)
    let outcome: string
    let reason = ''
    let got: Got | undefined
    try {
      got = await withPatience(this.#ask(running))
      const expected = this.#expected[stream]
      outcome = got === undefined ? 'hung' : isSame(got, expected) ? 'same' : 'different'
      if (outcome === 'different') reason = `"${got?.text}" is not "${expected?.text}"`
    } catch (cause) {
      const error = fromUnknown(cause)
      // What happened at the driver says more than that it happened there.
      outcome = String(error.details['remoteCode'] ?? error.code)
      reason = error.message
    }
    this.#running.delete(running)
    const endedMs = systemClock.monotonic()
    const answered = {
      stream,
      outcome,
      reason,
      isFailover: got?.isFailover ?? false,
      ask: got?.ask,
      tokens: got?.tokenIds.length ?? 0,
      beganMs,
      endedMs,
      piecesMs: running.piecesMs,
    }
    this.answers.push(answered)
    this.#wake()
    return answered
  }

  /** Resolves when `isReached` of the answers that run, and of those that are over; or after `patienceMs`, with false. */
  async until(isReached: (load: ChaosLoad) => boolean, patienceMs: number): Promise<boolean> {
    const over = systemClock.monotonic() + patienceMs
    while (!isReached(this)) {
      const leftMs = over - systemClock.monotonic()
      if (leftMs <= 0) return false
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await Promise.race([woken, systemClock.sleep(Math.min(leftMs, 50))])
    }
    return true
  }

  /** Whether a prompt is run now: asked for, and nothing came yet. */
  get isPrefilling(): boolean {
    return [...this.#running].some(({ piecesMs }) => piecesMs.length === 0)
  }

  /** Whether tokens come now. */
  get isDecoding(): boolean {
    return [...this.#running].some(({ piecesMs }) => piecesMs.length > 1)
  }

  /** Whether an answer is out, and its end and its bill are waited for. */
  get isSettling(): boolean {
    return [...this.#running].some((running) => running.isSettling)
  }

  /** Whether something came after `sinceMs`. */
  isAliveSince(sinceMs: number): boolean {
    return (
      [...this.#running].some(({ piecesMs }) => (piecesMs.at(-1) ?? 0) > sinceMs) ||
      this.answers.some(({ outcome, endedMs }) => outcome === 'same' && endedMs > sinceMs)
    )
  }

  async #ask(running: Running): Promise<Got> {
    const ask = this.#asks[running.stream]
    if (ask === undefined) throw new Error(`there is no stream ${running.stream}`)
    const answer = this.#source.ask(ask)
    answer.report.catch(() => undefined)
    let text = ''
    const tokenIds: number[] = []
    for await (const event of answer) {
      if (event.type === 'choice-ended') {
        running.isSettling = true
        this.#wake()
      }
      if (event.type !== 'piece') continue
      running.piecesMs.push(systemClock.monotonic())
      text += event.text
      tokenIds.push(...event.tokens.map(({ id }) => id))
      this.#wake()
    }
    const { ask: id, isFailover, isVerified } = await answer.report
    if (!isVerified) throw new Error('an answer that is not verified was taken for whole')
    return { text, tokenIds, isFailover, ask: id }
  }
}

function askOf(stream: number): AskContent {
  const subject = SUBJECTS[stream % SUBJECTS.length]
  const isLong = stream % 2 === 1
  const rest = isLong ? ` There is ${subject} again.`.repeat(LONG_PROMPT_SENTENCES) : ''
  const content = textAsk(`Tell me about ${subject}.${rest}`, {
    maxTokens: TOKENS[stream % TOKENS.length] ?? 64,
  })
  return { ...content, sampling: { ...content.sampling, seed: stream + 1, temperature: 0.8 } }
}

function isSame(got: Expected, expected: Expected | undefined): boolean {
  return got.text === expected?.text && JSON.stringify(got.tokenIds) === JSON.stringify(expected.tokenIds)
}

/** Undefined if it takes for ever. */
async function withPatience<T>(work: Promise<T>): Promise<T | undefined> {
  const over = new AbortController()
  const patience = systemClock.sleep(ANSWER_MS_MAX, { signal: over.signal }).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([work, patience])
  } finally {
    over.abort()
  }
}
