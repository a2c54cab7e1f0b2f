import { PromptTooLongError } from '@shardline/driver'
import { ANSWER_TOKENS_DEFAULT } from '../limits.ts'

/** What bounds an answer's length. */
export interface AnswerRoomInit {
  readonly promptTokens: number
  /** Longest session in tokens. */
  readonly contextLength: number
  /** What the user asked for. */
  readonly wanted: number | undefined
  /** What the checkpoint suggests. */
  readonly suggested: number | undefined
}

/**
 * Tokens that an answer may have: what was asked for, else suggested, else the default, but no more than the context has room for.
 *
 * @throws PromptTooLongError if there is no room for a single one.
 */
export function answerRoom(init: AnswerRoomInit): number {
  const room = init.contextLength - init.promptTokens
  if (room < 1) throw new PromptTooLongError(init.promptTokens, init.contextLength - 1)
  return Math.min(room, init.wanted ?? init.suggested ?? ANSWER_TOKENS_DEFAULT)
}
