import { ASK_CHOICES_MAX } from '../limits.ts'
import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { counter, id, list, name, record, uuid } from './parts.ts'
import { hexBytes } from './token-window.ts'

/**
 * Driver to stage, once the sessions of an answer are closed: sign what you did for it. Answered by `receipt` or `error`.
 * The sessions were opened with `isProven`, so the stage kept the hashes of their rows beyond the close.
 */
export interface ReceiptAskMessage {
  readonly kind: 'receipt-ask'
  readonly request: RequestId
  readonly pipeline: string
  /** Sessions of the answer's choices, in order. */
  readonly sessions: readonly string[]
  /** The market's request, and the claim under which the work was done. */
  readonly ask: string
  readonly fence: number
  /** The model's id at the market. */
  readonly model: string
  /** Tokens of the prompt, and of all choices together. */
  readonly promptTokens: number
  readonly outputTokens: number
  /** 32 bytes in hex that go into every leaf. The market never gets them, so it can't try out guesses on a root. */
  readonly salt: string
}

/** Schema of the header of {@link ReceiptAskMessage}. */
export const receiptAskHeader: HeaderSchema<ReceiptAskMessage> = headerSchema<ReceiptAskMessage>()(
  record({
    request: requestIdSchema,
    pipeline: id,
    sessions: list(id, ASK_CHOICES_MAX),
    ask: uuid,
    fence: counter,
    model: name,
    promptTokens: counter,
    outputTokens: counter,
    salt: hexBytes(32),
  }),
)
