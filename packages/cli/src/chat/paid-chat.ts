import { askOf } from '@shardline/client'
import type { AnswerReport, AnswerSource, MarketRequest } from '@shardline/client'
import { ShardlineError } from '@shardline/core'
import type { AskContent } from '@shardline/wire'
import { drawAnswerStages, drawAnswerTimings } from '../console/answer-picture.ts'
import type { AnswerEnd, AnswerStages } from '../console/answer-picture.ts'
import { billLine, drawBill } from '../console/bill.ts'
import type { ChatPartner, SaidTurn, TurnOptions } from './chat-partner.ts'

/** Options of a {@link PaidChat}. */
export interface PaidChatInit {
  readonly system: string | undefined
  /** What every ask has beside its messages. */
  readonly asks: Partial<Omit<AskContent, 'input'>>
}

interface Message {
  readonly role: string
  readonly content: string
  readonly extra: null
}

/** What came of one ask. */
interface Answered {
  readonly text: string
  readonly stages: AnswerStages
  readonly end: AnswerEnd | undefined
  readonly report: AnswerReport
}

/** Refusals of a prompt that has grown too long, for its driver or for what is held for it. */
const TOO_LONG: readonly string[] = ['DRIVER_PROMPT_TOO_LONG', 'DRIVER_ASK_OVER_PAID']

/** A chat whose answers are asked of a market and paid for one by one. */
export class PaidChat implements ChatPartner {
  readonly #source: AnswerSource
  readonly #init: PaidChatInit
  readonly #payments: MarketRequest[] = []
  #messages: readonly Message[] = []
  #last: Answered | undefined

  constructor(source: AnswerSource, init: PaidChatInit) {
    this.#source = source
    this.#init = init
  }

  /** What was paid for so far. */
  get payments(): readonly MarketRequest[] {
    return this.#payments
  }

  get stats(): string | undefined {
    if (this.#last === undefined) return undefined
    const { stages, report } = this.#last
    const bill = report.payment === undefined ? '' : drawBill([report.payment])
    return drawAnswerStages(stages) + factsOf(this.#last) + bill
  }

  async say(content: string, options: TurnOptions): Promise<SaidTurn> {
    let before = [...this.#messages, { role: 'user', content, extra: null }]
    let droppedMessages = 0
    for (;;) {
      try {
        const answered = await this.#ask(before, options)
        this.#messages = [...before, { role: 'assistant', content: answered.text, extra: null }]
        this.#last = answered
        return { droppedMessages, picture: drawAnswerStages(answered.stages), facts: factsOf(answered) }
      } catch (cause) {
        if (before.length <= 2 || !isTooLong(cause)) throw cause
      }
      before = before.slice(2)
      droppedMessages += 2
    }
  }

  async reset(): Promise<void> {
    this.#messages = []
    this.#last = undefined
  }

  async #ask(messages: readonly Message[], { onText, signal }: TurnOptions): Promise<Answered> {
    const { system, asks } = this.#init
    const first = system === undefined ? [] : [{ role: 'system', content: system, extra: null }]
    const input = { kind: 'messages', messages: [...first, ...messages], tools: null } as const
    const answer = this.#source.ask(askOf(input, asks), { signal })
    let text = ''
    let stages: AnswerStages = []
    let end: AnswerEnd | undefined
    for await (const event of answer) {
      if (event.type === 'started' || event.type === 'restaged') stages = event.stages
      if (event.type === 'done') end = event
      if (event.type !== 'piece') continue
      text += event.text
      onText(event.text)
    }
    const report = await answer.report
    if (report.payment !== undefined) this.#payments.push(report.payment)
    return { text, stages, end, report }
  }
}

function factsOf({ end, report }: Answered): string {
  const timings = end === undefined ? '' : drawAnswerTimings(end)
  return timings + (report.payment === undefined ? '' : billLine(report.payment))
}

function isTooLong(cause: unknown): boolean {
  return (
    cause instanceof ShardlineError && 'remoteCode' in cause && TOO_LONG.includes(String(cause.remoteCode))
  )
}
