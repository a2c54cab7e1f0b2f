import type { Clock } from '@shardline/core'
import {
  KeyLogForkedError,
  KeyLogWatch,
  driverKeyProofFromJson,
  keyLogOf,
  openKeyLogCheckpoint,
  proofHashesFromJson,
  verifyDriverKey,
} from '@shardline/identity'
import type { DriverKeyEntry, KeyLogCheckpoint, KeyLogName, PartyId } from '@shardline/identity'
import { MarketRefusedError } from './market-errors.ts'
import type { MarketHttp } from './market-http.ts'

/** A driver's key that was checked: signed by the driver, and its newest in a log that goes on from what was seen before. */
export interface VerifiedDriverKey {
  readonly entry: DriverKeyEntry
  /** X25519 key, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** What a {@link DriverKeyDirectory} works with. */
export interface DriverKeyDirectoryInit {
  readonly http: Pick<MarketHttp, 'ask' | 'marketId'>
  readonly clock: Pick<Clock, 'now'>
  /** The last checkpoint that was accepted, as kept from before. */
  readonly seen: string | undefined
}

/** The keys of a market's drivers, none of which is believed: each comes with its proof under the market's own log. */
export class DriverKeyDirectory {
  readonly #init: DriverKeyDirectoryInit
  #seen: string | undefined
  /** Checkpoints are taken one after the other: each has to go on from the last. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(init: DriverKeyDirectoryInit) {
    this.#init = init
    this.#seen = init.seen
  }

  /** The last signed checkpoint that was accepted; undefined before the first. */
  get seen(): string | undefined {
    return this.#seen
  }

  /**
   * The key to seal to. @throws what the market client throws, and of `@shardline/identity`: DriverKeyForgedError,
   * DriverKeyNotCurrentError, DriverKeyExpiredError, KeyLogForkedError, KeyLogStaleError, KeyLogCheckpointError,
   * KeyProofMalformedError.
   */
  keyOf(driver: PartyId, signal?: AbortSignal): Promise<VerifiedDriverKey> {
    return this.#inTurn(async () => {
      const answer = await this.#init.http.ask({
        method: 'GET',
        path: `/v1/driver-keys/${driver}`,
        isSigned: false,
        signal,
      })
      const proof = driverKeyProofFromJson(answer.raw('proof'))
      const checkpoint = await this.#accept(answer.text('checkpoint'), signal)
      const { clock } = this.#init
      const publicKey = await verifyDriverKey({ driverId: driver, proof, checkpoint, clock })
      return { entry: proof.entry, publicKey }
    })
  }

  /**
   * Compares with a checkpoint that somebody else was shown: of two that belong to one log, one goes on from the other.
   *
   * @throws KeyLogForkedError if the market showed different logs; KeyLogCheckpointError if it isn't this market's.
   */
  compare(note: string, signal?: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      const log = await this.#log()
      const theirs = await openKeyLogCheckpoint(note, log)
      const own = this.#seen === undefined ? undefined : await openKeyLogCheckpoint(this.#seen, log)
      if (own === undefined) return
      const [first, last, lastNote] =
        own.size <= theirs.size ? [own, theirs, note] : [theirs, own, this.#seen]
      const hashes = await this.#consistency(first, last, signal)
      // Somebody may have kept it for long.
      const watch = new KeyLogWatch({ log, clock: this.#init.clock, seen: first, ageMsMax: Infinity })
      await watch.accept(lastNote ?? note, hashes)
    })
  }

  async #accept(note: string, signal: AbortSignal | undefined): Promise<KeyLogCheckpoint> {
    const log = await this.#log()
    const { clock } = this.#init
    const seen = this.#seen === undefined ? undefined : await openKeyLogCheckpoint(this.#seen, log)
    const shown = await openKeyLogCheckpoint(note, log)
    const hashes = seen === undefined ? [] : await this.#consistency(seen, shown, signal)
    const watch = new KeyLogWatch({ log, clock, ...(seen === undefined ? {} : { seen }) })
    const accepted = await watch.accept(note, hashes)
    this.#seen = note
    return accepted
  }

  async #consistency(
    first: KeyLogCheckpoint,
    last: KeyLogCheckpoint,
    signal: AbortSignal | undefined,
  ): Promise<readonly Uint8Array[]> {
    // Of the others there is nothing to show: equal sizes have equal roots, and a log that shrank is none.
    if (first.size === 0 || first.size >= last.size) return []
    try {
      const path = `/v1/driver-keys/consistency?from=${first.size}&to=${last.size}`
      const answer = await this.#init.http.ask({ method: 'GET', path, isSigned: false, signal })
      return proofHashesFromJson(answer.raw('hashes'))
    } catch (cause) {
      const isDenied = cause instanceof MarketRefusedError && cause.remoteCode === 'LEDGER_PROOF_RANGE'
      throw isDenied ? new KeyLogForkedError(first.size, last.size) : cause
    }
  }

  async #log(): Promise<KeyLogName> {
    return keyLogOf(await this.#init.http.marketId())
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn
    const { promise, resolve } = turn()
    this.#turn = promise
    await before
    try {
      return await work()
    } finally {
      resolve()
    }
  }
}

function turn(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
