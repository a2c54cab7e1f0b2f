import { ANSWER_EVENT_TOKENS_MAX, ANSWER_MESSAGE_EVENTS_MAX } from '@shardline/wire'
import type { AnswerEvent, AnswerToken } from '@shardline/wire'

type Piece = Extract<AnswerEvent, { readonly type: 'piece' }>

/** Bytes of an event's JSON beside texts and tokens. */
const EVENT_BYTES = 160
const TOKEN_BYTES = 64
/** Bytes of a piece that takes no more: with many alternatives for each token, 32 of them are a large message. */
const MERGED_BYTES_MAX = 32 * 1024

/**
 * Events of an answer that wait to be sent, in order. Pieces of a choice that follow each other become one while they
 * wait, so that a slow client gets fewer and larger ones.
 */
export class PendingEvents {
  #events: AnswerEvent[] = []
  #bytes = 0
  /** Where the last event of each choice is, if it is a piece. */
  readonly #lastPiece = new Map<number, number>()

  /** About the bytes that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  /** Adds an event. */
  put(event: AnswerEvent): void {
    this.#bytes += bytesOf(event)
    if (event.type === 'piece' && this.#merge(event)) return
    if (event.type === 'piece') this.#lastPiece.set(event.choice, this.#events.length)
    else if ('choice' in event) this.#lastPiece.delete(event.choice)
    this.#events.push(event)
  }

  /** Takes events of about so many bytes, at least one. */
  take(bytesMax: number): readonly AnswerEvent[] {
    let count = 0
    let bytes = 0
    for (const event of this.#events) {
      bytes += bytesOf(event)
      if (count > 0 && (bytes > bytesMax || count >= ANSWER_MESSAGE_EVENTS_MAX)) break
      count += 1
    }
    const taken = this.#events.slice(0, count)
    this.#events = this.#events.slice(count)
    this.#lastPiece.clear()
    this.#bytes = this.#events.reduce((sum, event) => sum + bytesOf(event), 0)
    return taken
  }

  #merge(piece: Piece): boolean {
    const index = this.#lastPiece.get(piece.choice)
    const last = index === undefined ? undefined : this.#events[index]
    if (index === undefined || last?.type !== 'piece') return false
    const tokens = [...last.tokens, ...piece.tokens]
    if (tokens.length > ANSWER_EVENT_TOKENS_MAX || bytesOf(last) > MERGED_BYTES_MAX) return false
    this.#events[index] = { ...last, text: last.text + piece.text, tokens }
    return true
  }
}

function bytesOf(event: AnswerEvent): number {
  if (event.type !== 'piece') return EVENT_BYTES * 4
  return EVENT_BYTES + event.text.length + event.tokens.reduce((sum, token) => sum + bytesOfToken(token), 0)
}

function bytesOfToken({ bytes, top }: AnswerToken): number {
  return TOKEN_BYTES + bytes.length + top.length * TOKEN_BYTES
}
