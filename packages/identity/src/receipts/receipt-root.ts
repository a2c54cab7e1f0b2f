import { sha3_256 } from '@noble/hashes/sha3.js'
import { hashLeaf } from '@shardline/core'
import { concat, toHex, utf8 } from '../bytes.ts'
import { canonicalJson } from '../canonical-json.ts'
import { RECEIPT_WINDOW_ROWS } from '../limits.ts'
import { MerkleTree } from '../merkle-tree.ts'
import type { StageReceipt } from './stage-receipt.ts'

/** What a stage took in and gave out for a run of positions of one session, as hashes. */
export interface ReceiptWindow {
  /** Position of the first row. */
  readonly position: number
  readonly rows: number
  /** 32 bytes in lower-case hex each; what they cover is in docs/concepts/receipts.md. */
  readonly input: string
  readonly output: string
}

/** What all leaves of one receipt have in common: whose they are, and for what. */
export interface ReceiptPart extends Pick<
  StageReceipt,
  'request' | 'fence' | 'role' | 'layers' | 'numericClass'
> {
  readonly modelDigest: string
  /** 32 bytes in lower-case hex that the driver drew: who doesn't know them can't try out guesses on the root. */
  readonly salt: string
}

/** What the first leaf of a receipt names as the one before. */
export const FIRST_LEAF_PREVIOUS: string = '0'.repeat(64)

/**
 * The leaves of a receipt, 32 bytes each: for every window `SHA3-256("shardline:receipt-leaf:1\n" + canonical JSON)` of
 * the part, the session's place among the answer's choices, and the window. Each names the one before, so that none can
 * be left out, repeated or moved. Made one at a time, because a long answer has thousands.
 *
 * @param sessions the windows of each session, in order of the choices.
 * @yields the next leaf.
 */
export function* receiptLeaves(
  part: ReceiptPart,
  sessions: Iterable<readonly ReceiptWindow[]>,
): Generator<Uint8Array, void, undefined> {
  const { request, fence, role, layers, modelDigest, numericClass, salt } = part
  const common = {
    request,
    fence,
    role,
    layers: layers === null ? null : { ...layers },
    modelDigest,
    numericClass,
    salt,
  }
  let previous = FIRST_LEAF_PREVIOUS
  let session = 0
  for (const windows of sessions) {
    for (const { position, rows, input, output } of windows) {
      const window = Math.floor(position / RECEIPT_WINDOW_ROWS)
      const said = { ...common, session, window, position, rows, input, output, previous }
      const leaf = sha3_256(concat(utf8('shardline:receipt-leaf:1\n'), canonicalJson(said)))
      previous = toHex(leaf)
      yield leaf
    }
    session += 1
  }
}

/** Root in hex of the Merkle tree (RFC 6962, 2.1) over the leaves of a receipt. */
export function receiptRoot(leaves: Iterable<Uint8Array>): string {
  const tree = new MerkleTree()
  for (const leaf of leaves) tree.append(hashLeaf(leaf))
  return toHex(tree.root())
}
