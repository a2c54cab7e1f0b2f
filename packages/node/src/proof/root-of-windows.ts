import { setImmediate } from 'node:timers/promises'
import { receiptLeaves, receiptRoot } from '@shardline/identity'
import type { ReceiptPart, ReceiptWindow } from '@shardline/identity'

/** Leaves that are made at once: about ten milliseconds of work, so that rows of others don't wait for a long receipt. */
const LEAVES_AT_ONCE = 100

/** The root that a receipt over these windows has, made in pieces with other work between them. */
export async function rootOfWindows(
  part: ReceiptPart,
  sessions: readonly (readonly ReceiptWindow[])[],
): Promise<string> {
  const leaves: Uint8Array[] = []
  for (const leaf of receiptLeaves(part, sessions)) {
    leaves.push(leaf)
    if (leaves.length % LEAVES_AT_ONCE === 0) await setImmediate()
  }
  return receiptRoot(leaves)
}
