import { emptyRoot, isConsistent, isSameHash } from '@shardline/core'
import type { Clock, Hash } from '@shardline/core'
import { openCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { cosign } from './cosignature.ts'
import { parseNote } from './signed-note.ts'
import type { PublicKey, Signer } from './signer.ts'

/** The last checkpoint of a log that a witness signed. */
export interface WitnessedHead {
  readonly size: bigint
  readonly root: Hash
}

/** Where a witness keeps what it signed last, for each log. It must be on disk before the signature is given out. */
export interface WitnessStore {
  read(origin: string): Promise<WitnessedHead | undefined>
  write(origin: string, head: WitnessedHead): Promise<void>
}

/** What a log asks a witness to sign. */
export interface WitnessRequest {
  /** The new checkpoint with the log's signature. */
  readonly note: string
  /** The size that the witness signed last, as the log believes; 0 for the first time. */
  readonly fromSize: bigint
  /** Consistency proof from that size to the new one's. */
  readonly hashes: readonly Hash[]
}

/**
 * What a witness answers.
 *
 * | status    | meaning                                                                              |
 * | --------- | ------------------------------------------------------------------------------------ |
 * | cosigned  | `line` goes under the note                                                           |
 * | conflict  | the witness signed another size last; ask again with a proof from `size`             |
 * | fork      | the log shows a history that contradicts what it showed before: don't trust it       |
 */
export type WitnessAnswer =
  | { readonly status: 'cosigned'; readonly line: string }
  | { readonly status: 'conflict'; readonly size: bigint }
  | { readonly status: 'fork'; readonly kept: WitnessedHead; readonly shown: Checkpoint }

/** Whether a log's new checkpoint goes on from what was signed last. Pure. */
export function judgeCheckpoint(
  kept: WitnessedHead,
  shown: Checkpoint,
  request: Pick<WitnessRequest, 'fromSize' | 'hashes'>,
): 'consistent' | 'conflict' | 'fork' {
  if (request.fromSize !== kept.size || shown.size < kept.size) return 'conflict'
  if (shown.size === kept.size) return isSameHash(shown.root, kept.root) ? 'consistent' : 'fork'
  const proof = { fromSize: kept.size, toSize: shown.size, hashes: request.hashes }
  return isConsistent(proof, kept.root, shown.root) ? 'consistent' : 'fork'
}

/** What a {@link Witness} works with. */
export interface WitnessComponents {
  readonly signer: Signer
  readonly store: WitnessStore
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Signs checkpoints of logs, each only if it goes on from the last one that it signed. A log that shows different
 * histories to different people can't get both signed by the same witness.
 */
export class Witness {
  readonly #components: WitnessComponents
  readonly #logs: readonly PublicKey[]
  #last: Promise<unknown> = Promise.resolve()

  /** `logs` are the keys of the logs that it signs for; a log's name is its origin. */
  constructor(components: WitnessComponents, logs: readonly PublicKey[]) {
    this.#components = components
    this.#logs = logs
  }

  /**
   * Judges a checkpoint and signs it if it may. One at a time, so two requests can't both go on from the same head.
   *
   * @throws NoteMalformedError or NoteSignatureError if no known log signed the note.
   */
  witness(request: WitnessRequest): Promise<WitnessAnswer> {
    const answer = this.#last.then(() => this.#witness(request))
    this.#last = answer.catch(() => undefined)
    return answer
  }

  async #witness(request: WitnessRequest): Promise<WitnessAnswer> {
    const { signer, store, clock } = this.#components
    const { text } = parseNote(request.note)
    const [origin = ''] = text.split('\n')
    const log = this.#logs.find(({ name }) => name === origin) ?? { name: origin, publicKey: NO_KEY }
    const shown = openCheckpoint(request.note, log)
    const kept = (await store.read(origin)) ?? { size: 0n, root: emptyRoot() }
    const judgement = judgeCheckpoint(kept, shown, request)
    if (judgement === 'conflict') return { status: 'conflict', size: kept.size }
    if (judgement === 'fork') return { status: 'fork', kept, shown }
    await store.write(origin, { size: shown.size, root: shown.root })
    return { status: 'cosigned', line: await cosign(text, signer, clock.now()) }
  }
}

/** A key that signs nothing: 32 zero bytes are no one's key id, so notes of unknown logs are refused. */
const NO_KEY = new Uint8Array(32)

/** A store in memory, for tests and for witnesses that run as long as their log. */
export class MemoryWitnessStore implements WitnessStore {
  readonly #heads = new Map<string, WitnessedHead>()

  read(origin: string): Promise<WitnessedHead | undefined> {
    return Promise.resolve(this.#heads.get(origin))
  }

  write(origin: string, head: WitnessedHead): Promise<void> {
    this.#heads.set(origin, head)
    return Promise.resolve()
  }
}
