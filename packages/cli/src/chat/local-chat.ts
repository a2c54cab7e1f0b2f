import { drawStages, drawTimings } from '../console/stage-picture.ts'
import type { ChatPartner, SaidTurn, TurnOptions } from './chat-partner.ts'
import type { ChatSession } from './chat-session.ts'

/** A chat over a pipeline of this process. */
export class LocalChat implements ChatPartner, AsyncDisposable {
  readonly #session: ChatSession

  constructor(session: ChatSession) {
    this.#session = session
  }

  get stats(): string | undefined {
    const { last, prediction } = this.#session
    return last === undefined ? undefined : drawStages(last.stages) + drawTimings(last, prediction)
  }

  async say(content: string, options: TurnOptions): Promise<SaidTurn> {
    const { result, droppedMessages } = await this.#session.say(content, options)
    const facts = drawTimings(result, this.#session.prediction)
    return { droppedMessages, picture: drawStages(result.stages), facts }
  }

  reset(): Promise<void> {
    return this.#session.reset()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]()
  }
}
