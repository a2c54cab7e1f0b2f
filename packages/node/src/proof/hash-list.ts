import { hash } from 'node:crypto'

const HASH_BYTES = 32
/** Hashes that a list has room for at first: a short answer's. */
const ROOM_AT_FIRST = 128

/** SHA-256 hashes behind each other in one buffer that grows. */
export class HashList {
  #bytes = new Uint8Array(0)
  #count = 0

  push(digest: Uint8Array): void {
    const end = (this.#count + 1) * HASH_BYTES
    if (end > this.#bytes.length) this.#grow()
    this.#bytes.set(digest, end - HASH_BYTES)
    this.#count += 1
  }

  /** Forgets all but the first `count`. */
  truncate(count: number): void {
    this.#count = Math.min(this.#count, count)
  }

  /** SHA-256 in hex over a run of hashes; those that there are none of count as nothing. */
  digest({ first, count }: { readonly first: number; readonly count: number }): string {
    const end = Math.min(first + count, this.#count)
    return hash('sha256', this.#bytes.subarray(first * HASH_BYTES, end * HASH_BYTES), 'hex')
  }

  #grow(): void {
    const grown = new Uint8Array(Math.max(ROOM_AT_FIRST * HASH_BYTES, 2 * this.#bytes.length))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
