import { assert } from '@shardline/core'
import type { Clock, Random } from '@shardline/core'
import { DRIVER_KEY_MS_DEFAULT, encryptionKeysOf, rotateDriverKeys } from '@shardline/identity'
import type { DriverKey, DriverKeyEntry, EncryptionKeyPair, Identity } from '@shardline/identity'

/** The keys that users seal prompts to. */
export interface SealingKeyRing {
  /** The one that is offered now, signed by the driver. */
  current(): Promise<DriverKeyEntry>
  /** All that prompts may still be sealed to. */
  pairs(): Promise<readonly EncryptionKeyPair[]>
}

/** What a {@link RotatingKeyRing} works with. */
export interface RotatingKeyRingComponents {
  readonly identity: Identity
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
}

/** Options of a {@link RotatingKeyRing}. */
export interface RotatingKeyRingInit {
  /** Keys from before, the newest last. @default none */
  readonly keys?: readonly DriverKey[]
  /** Milliseconds that a new key is valid. @default DRIVER_KEY_MS_DEFAULT */
  readonly validMs?: number
}

/** Makes a new key when half of the newest one's time is over, and forgets those that ran out: what was sealed to them stays sealed. */
export class RotatingKeyRing implements SealingKeyRing {
  readonly #components: RotatingKeyRingComponents
  readonly #validMs: number
  #keys: readonly DriverKey[]
  #turning: Promise<DriverKey> | undefined

  constructor(components: RotatingKeyRingComponents, init: RotatingKeyRingInit = {}) {
    this.#components = components
    this.#validMs = init.validMs ?? DRIVER_KEY_MS_DEFAULT
    this.#keys = init.keys ?? []
  }

  async current(): Promise<DriverKeyEntry> {
    const newest = this.#keys.at(-1)
    const nowMs = this.#components.clock.now()
    if (newest !== undefined && nowMs < halfOf(newest)) return newest.entry
    const { entry } = await (this.#turning ??= this.#turn())
    return entry
  }

  async pairs(): Promise<readonly EncryptionKeyPair[]> {
    const nowMs = this.#components.clock.now()
    return encryptionKeysOf(this.#keys.filter(({ entry }) => entry.validUntilMs >= nowMs))
  }

  async #turn(): Promise<DriverKey> {
    try {
      this.#keys = await rotateDriverKeys({
        ...this.#components,
        keys: this.#keys,
        validMs: this.#validMs,
      })
      const newest = this.#keys.at(-1)
      assert(newest !== undefined, 'a rotation makes a key')
      return newest
    } finally {
      this.#turning = undefined
    }
  }
}

function halfOf({ entry }: DriverKey): number {
  return (entry.validFromMs + entry.validUntilMs) / 2
}
