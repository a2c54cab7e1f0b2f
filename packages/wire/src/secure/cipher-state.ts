import { assert } from '@shardline/core'
import type { Aead, LinkCrypto } from './link-crypto.ts'

const NOTHING = new Uint8Array(0)

/**
 * One key and the counter of what was sealed or opened with it (Noise, section 5.1). Used in one direction only, so the
 * two ends count alike and no counter travels.
 */
export class CipherState {
  readonly #crypto: LinkCrypto
  #aead: Aead
  #counter = 0

  constructor(crypto: LinkCrypto, key: Uint8Array) {
    this.#crypto = crypto
    this.#aead = crypto.aead(key)
  }

  /** How many were sealed or opened so far. */
  get counter(): number {
    return this.#counter
  }

  /** Seals the next plaintext. */
  seal(plaintext: Uint8Array, associated: Uint8Array = NOTHING): Uint8Array {
    // A million frames a second take 285 years to here.
    assert(this.#counter < Number.MAX_SAFE_INTEGER, 'a link ends before its counter does')
    const sealed = this.#aead.seal(this.#counter, associated, plaintext)
    this.#counter += 1
    return sealed
  }

  /** Opens the next one; undefined, and nothing has changed, if it isn't that. */
  open(sealed: Uint8Array, associated: Uint8Array = NOTHING): Uint8Array | undefined {
    const plaintext = this.#aead.open(this.#counter, associated, sealed)
    if (plaintext !== undefined) this.#counter += 1
    return plaintext
  }

  /** Whether `sealed` is what was sealed at another place of the order under the same key. */
  isSealedAt(counter: number, sealed: Uint8Array): boolean {
    return this.#aead.open(counter, NOTHING, sealed) !== undefined
  }

  /** Goes on with a key that follows from this one, and from which this one doesn't. The counter goes on (Noise, section 11.3). */
  rekey(): void {
    this.#aead = this.#crypto.aead(this.#aead.nextKey())
  }
}
