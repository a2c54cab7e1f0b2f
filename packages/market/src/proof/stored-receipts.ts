import type { SignedStageReceipt } from '@shardline/identity'

/** What `market.requests.receipts` holds of the current fence: receipts that were accepted, or why the last were refused. */
export type StoredReceipts =
  | { readonly accepted: readonly SignedStageReceipt[]; readonly refused?: undefined }
  | { readonly accepted?: undefined; readonly refused: string }

/** Receipts as the column takes them. */
export function writeReceipts(receipts: StoredReceipts): string {
  return JSON.stringify(receipts)
}

/** Reads what {@link writeReceipts} wrote; undefined when none were handed in. */
export function readReceipts(stored: unknown): StoredReceipts | undefined {
  return stored === null || stored === undefined ? undefined : (stored as StoredReceipts)
}
