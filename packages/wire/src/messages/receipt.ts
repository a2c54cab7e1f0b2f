import { ASK_CHOICES_MAX, RECEIPT_CHARS_MAX, RECEIPT_WINDOWS_MAX } from '../limits.ts'
import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { list, position, record, textUpTo, whole } from './parts.ts'
import { hexBytes } from './token-window.ts'

/** What a stage took in and gave out for a run of positions of one session, as hashes. */
export interface WireReceiptWindow {
  /** Position of the first row. */
  readonly position: number
  readonly rows: number
  /** 32 bytes in hex each; what they cover is in docs/concepts/receipts.md. */
  readonly input: string
  readonly output: string
}

/** Answer to `receipt-ask`. */
export interface ReceiptMessage {
  readonly kind: 'receipt'
  readonly request: RequestId
  /** JSON of a message that the stage signed, with a StageReceipt as its body. */
  readonly receipt: string
  /** What the receipt's root covers: the windows of each session, in order. */
  readonly windows: readonly (readonly WireReceiptWindow[])[]
}

const window = record({
  position,
  rows: whole(1, 65_536),
  input: hexBytes(32),
  output: hexBytes(32),
})

/** Schema of the header of {@link ReceiptMessage}. */
export const receiptHeader: HeaderSchema<ReceiptMessage> = headerSchema<ReceiptMessage>()(
  record({
    request: requestIdSchema,
    receipt: textUpTo(RECEIPT_CHARS_MAX),
    windows: list(list(window, RECEIPT_WINDOWS_MAX), ASK_CHOICES_MAX),
  }),
)
