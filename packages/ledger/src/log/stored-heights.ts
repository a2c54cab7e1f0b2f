/** Subtrees of 2^8, 2^16, … leaves have their root stored; smaller ones are computed from at most 256 hashes. */
export const STORED_HEIGHT_STEP = 8

/** Whether roots of subtrees of that height are stored as nodes. Leaves are stored with their entries. */
export function isStoredHeight(height: number): boolean {
  return height > 0 && height % STORED_HEIGHT_STEP === 0
}
