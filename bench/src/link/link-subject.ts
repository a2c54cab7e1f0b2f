import type { Message } from '@shardline/wire'
import type { Carrier, Protection } from './link-results.ts'

/** Two ends in this process: what goes into the one comes out of the other. */
export interface LinkSubject extends AsyncDisposable {
  readonly carrier: Carrier
  readonly protection: Protection
  /** Resolves when there is room for more. */
  send(message: Message): Promise<void>
  /** The next message at the other end. */
  next(): Promise<Message>
  /** Makes one more pair of ends and closes it again; undefined where that means nothing. */
  readonly connect: (() => Promise<void>) | undefined
}
