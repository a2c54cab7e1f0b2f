import type { ReceiptWindow } from '@shardline/identity'
import { ReceiptRefusedError } from '../errors.ts'
import { RowDigests } from './row-digests.ts'

/** What a stage can say of one proven session: hashes of rows while it is open, of windows from its close on. */
export class SessionEvidence {
  #digests: RowDigests | undefined = new RowDigests()
  #windows: readonly ReceiptWindow[] = []
  #signedFor: string | undefined

  /** Where rows are added; undefined from the close on. */
  get digests(): RowDigests | undefined {
    return this.#digests
  }

  /** What it took and gave so far. */
  get windows(): readonly ReceiptWindow[] {
    return this.#digests?.windows() ?? this.#windows
  }

  /** Position after the last row. */
  get end(): number {
    if (this.#digests !== undefined) return this.#digests.end
    const last = this.#windows.at(-1)
    return last === undefined ? 0 : last.position + last.rows
  }

  /** No more rows come: keeps one hash for each window instead of each row's. */
  seal(): void {
    this.#windows = this.windows
    this.#digests = undefined
  }

  /**
   * Lets it count for one claim of one request. For the same one it may be asked again.
   *
   * @throws ReceiptRefusedError if it counts for another.
   */
  countFor(claim: string): void {
    if (this.#signedFor !== undefined && this.#signedFor !== claim) {
      throw new ReceiptRefusedError(
        `its sessions were signed for ${this.#signedFor} already, not for ${claim}`,
      )
    }
    this.#signedFor = claim
  }
}
