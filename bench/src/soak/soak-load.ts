import { textAsk } from '@shardline/client'
import type { AnswerSource } from '@shardline/client'
import { fromUnknown } from '@shardline/core'
import type { Clock } from '@shardline/core'
import type { SoakAnswer } from './soak-results.ts'

/** What the load works with. */
export interface SoakLoadInit {
  readonly source: AnswerSource
  readonly clock: Clock
  readonly tokens: number
  readonly streams: number
  /** When it began, on the monotonic clock. */
  readonly startedMs: number
}

interface Answered {
  readonly text: string
  readonly tokens: number
  readonly isFailover: boolean
}

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
const PAUSE_AFTER_FAILURE_MS = 500

/** Asks the same things over and over, and compares each answer with what came when nothing was disturbed. */
export class SoakLoad {
  readonly answers: SoakAnswer[] = []
  readonly #init: SoakLoadInit
  readonly #expected: string[] = []

  constructor(init: SoakLoadInit) {
    this.#init = init
  }

  /** Answers everything once, one after the other. @throws what an ask throws. */
  async rehearse(): Promise<void> {
    for (let stream = 0; stream < this.#init.streams; stream++)
      this.#expected.push((await this.#ask(stream)).text)
  }

  /** All streams until the signal aborts; answers that run then are still waited for. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: this.#init.streams }, (_, stream) => this.#stream(stream, signal)))
  }

  async #stream(stream: number, signal: AbortSignal): Promise<void> {
    const { clock, startedMs } = this.#init
    while (!signal.aborted) {
      const beganMs = clock.monotonic()
      let answered: Answered = { text: '', tokens: 0, isFailover: false }
      let outcome: string
      let reason = ''
      try {
        answered = await this.#ask(stream)
        outcome = answered.text === this.#expected[stream] ? 'same' : 'another text'
      } catch (cause) {
        const error = fromUnknown(cause)
        outcome = error.code
        reason = error.message
        await clock.sleep(PAUSE_AFTER_FAILURE_MS)
      }
      const { tokens, isFailover } = answered
      const seconds = (clock.monotonic() - beganMs) / 1000
      this.answers.push({
        atSeconds: (beganMs - startedMs) / 1000,
        seconds,
        tokens,
        isFailover,
        outcome,
        reason,
      })
    }
  }

  async #ask(stream: number): Promise<Answered> {
    const content = textAsk(`Tell me about ${SUBJECTS[stream % SUBJECTS.length]}.`, {
      maxTokens: this.#init.tokens,
    })
    const sampling = { ...content.sampling, seed: stream + 1, temperature: 0.8 }
    const answer = this.#init.source.ask({ ...content, sampling })
    let text = ''
    let tokens = 0
    for await (const event of answer) {
      if (event.type === 'piece') text += event.text
      if (event.type === 'done') tokens = event.outputTokens
    }
    const { isFailover } = await answer.report
    return { text, tokens, isFailover }
  }
}
