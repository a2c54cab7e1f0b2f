import type { ListedFile } from './shared-file.ts'

/** What of a file is asked for. */
export interface WeightRange {
  readonly file: ListedFile
  /** Its bytes, or the hashes of its blocks, one after the other. */
  readonly part: 'bytes' | 'blocks'
  readonly offset: number
  /** SHARED_BLOCK_BYTES at the most. */
  readonly length: number
}

/** Somebody who may hold files of a model: another node, or a hub. What it gives is checked by whoever asked. */
export interface WeightPeer {
  /** Who it is, for messages. */
  readonly label: string
  /**
   * Gives a range.
   *
   * @throws WeightsNotHeldError if it doesn't have this range, but perhaps others; any other error with `retryable` if another
   * attempt may go well, without if this peer is of no use.
   */
  read(range: WeightRange, options: { readonly signal: AbortSignal }): Promise<Uint8Array>
  /** Lets go of what it holds open. */
  close(): Promise<void>
}
