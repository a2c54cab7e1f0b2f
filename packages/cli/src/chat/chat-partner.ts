/** One turn on its way. */
export interface TurnOptions {
  readonly onText: (text: string) => void
  readonly signal: AbortSignal
}

/** A turn that was answered, told for people. */
export interface SaidTurn {
  /** Messages that were dropped from the start of the chat because it had grown beyond the context. */
  readonly droppedMessages: number
  /** The stages, and what each did: shown once. */
  readonly picture: string
  /** A line or two about this answer. */
  readonly facts: string
}

/** Whoever answers in a chat, and remembers what was said. */
export interface ChatPartner {
  /** Says something; resolves when the answer is finished or stopped. A failed turn is as if it had not been. */
  say(content: string, options: TurnOptions): Promise<SaidTurn>
  /** Forgets the chat. */
  reset(): Promise<void>
  /** All about the last answer; undefined before the first. */
  readonly stats: string | undefined
}
