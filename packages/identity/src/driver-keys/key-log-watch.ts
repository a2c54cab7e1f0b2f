import { isConsistent } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { isSame } from '../bytes.ts'
import { KeyLogForkedError, KeyLogStaleError } from '../errors.ts'
import { KEY_LOG_CHECKPOINT_AGE_MS_MAX, MESSAGE_AGE_MS_MAX } from '../limits.ts'
import { openKeyLogCheckpoint } from './key-log-checkpoint.ts'
import type { KeyLogCheckpoint, KeyLogName } from './key-log-checkpoint.ts'

/** What a {@link KeyLogWatch} works with. */
export interface KeyLogWatchInit {
  readonly log: KeyLogName
  readonly clock: Pick<Clock, 'now'>
  /** The last checkpoint that was accepted, as kept from before. @default none */
  readonly seen?: KeyLogCheckpoint
  /** Milliseconds that a checkpoint may be old. @default KEY_LOG_CHECKPOINT_AGE_MS_MAX */
  readonly ageMsMax?: number
}

/** Takes checkpoints of one log, each only if it goes on from the last: a log can't take back what it has shown. */
export class KeyLogWatch {
  readonly #init: KeyLogWatchInit
  #seen: KeyLogCheckpoint | undefined

  constructor(init: KeyLogWatchInit) {
    this.#init = init
    this.#seen = init.seen
  }

  /** The last checkpoint that was accepted. Keep it: what it shows can't be denied later. */
  get seen(): KeyLogCheckpoint | undefined {
    return this.#seen
  }

  /**
   * Takes a new checkpoint. `hashes` show that the log goes on from the size seen last; none are needed for the first.
   *
   * @throws KeyLogCheckpointError if the log didn't sign it; KeyLogStaleError if it is old; KeyLogForkedError if it
   * contradicts what was seen.
   */
  async accept(note: string, hashes: readonly Uint8Array[] = []): Promise<KeyLogCheckpoint> {
    const shown = await openKeyLogCheckpoint(note, this.#init.log)
    const ageMs = this.#init.clock.now() - shown.signedAtMs
    const ageMsMax = this.#init.ageMsMax ?? KEY_LOG_CHECKPOINT_AGE_MS_MAX
    if (ageMs > ageMsMax || ageMs < -MESSAGE_AGE_MS_MAX) throw new KeyLogStaleError(ageMs, ageMsMax)
    const kept = this.#seen
    if (kept !== undefined && !goesOn(kept, shown, hashes)) throw new KeyLogForkedError(kept.size, shown.size)
    this.#seen = shown
    return shown
  }
}

function goesOn(kept: KeyLogCheckpoint, shown: KeyLogCheckpoint, hashes: readonly Uint8Array[]): boolean {
  const proof = { fromSize: BigInt(kept.size), toSize: BigInt(shown.size), hashes }
  const isGrown = isConsistent(proof, kept.entriesRoot, shown.entriesRoot)
  // The same entries have the same newest ones.
  return isGrown && (kept.size < shown.size || isSame(kept.keysRoot, shown.keysRoot))
}
