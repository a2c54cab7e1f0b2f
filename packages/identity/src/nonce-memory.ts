import type { Clock } from '@shardline/core'
import { NonceMemoryFullError } from './errors.ts'
import { NONCES_MAX, NONCE_SWEEP_MS } from './limits.ts'
import type { PartyId } from './party-id.ts'

/** One nonce, whose it is, and how long it has to be known. */
export interface NonceEntry {
  readonly signer: PartyId
  readonly nonce: string
  /** The last millisecond of the Unix epoch at which a message with this nonce could be accepted. */
  readonly untilMs: number
}

/** Remembers nonces for as long as a message that carries them could be accepted, so that none counts twice. */
export interface NonceMemory {
  /** Remembers a nonce of a signer. False if it was known: then the message is a repetition. Two calls at once can't both be first. */
  remember(entry: NonceEntry): Promise<boolean>
}

/** What {@link MemoryNonces} works with. */
export interface MemoryNoncesInit {
  readonly clock: Pick<Clock, 'now'>
  /** Nonces kept at the most. @default NONCES_MAX */
  readonly noncesMax?: number
  /** Milliseconds between two sweeps. @default NONCE_SWEEP_MS */
  readonly sweepMs?: number
}

/** Nonces in the memory of one process. Several processes that serve one audience need one on a database they share. */
export class MemoryNonces implements NonceMemory {
  readonly #clock: Pick<Clock, 'now'>
  readonly #noncesMax: number
  readonly #sweepMs: number
  readonly #untilMs = new Map<string, number>()
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(init: MemoryNoncesInit) {
    this.#clock = init.clock
    this.#noncesMax = init.noncesMax ?? NONCES_MAX
    this.#sweepMs = init.sweepMs ?? NONCE_SWEEP_MS
  }

  /** Nonces that are kept now. */
  get size(): number {
    return this.#untilMs.size
  }

  /** @throws NonceMemoryFullError if it is full of nonces that still count: forgetting one would let its message in again. */
  remember({ signer, nonce, untilMs }: NonceEntry): Promise<boolean> {
    const nowMs = this.#clock.now()
    const key = `${signer} ${nonce}`
    const knownUntilMs = this.#untilMs.get(key)
    if (knownUntilMs !== undefined && knownUntilMs >= nowMs) return Promise.resolve(false)
    if (this.#untilMs.size >= this.#noncesMax) this.#sweep(nowMs)
    if (this.#untilMs.size >= this.#noncesMax)
      return Promise.reject(new NonceMemoryFullError(this.#noncesMax))
    this.#untilMs.set(key, untilMs)
    return Promise.resolve(true)
  }

  #sweep(nowMs: number): void {
    if (Math.abs(nowMs - this.#sweptAtMs) < this.#sweepMs) return
    this.#sweptAtMs = nowMs
    for (const [key, untilMs] of this.#untilMs) if (untilMs < nowMs) this.#untilMs.delete(key)
  }
}
