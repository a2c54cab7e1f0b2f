import {
  NOTE_BYTES_MAX,
  NoteSignatureError,
  cosigners,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
} from '@shardline/ledger'
import type { Checkpoint, PublicKey } from '@shardline/ledger'
import type { Terminal } from '../console/terminal.ts'
import { UsageError } from '../errors.ts'
import { readText } from '../prompt/read-text.ts'

/** Checkpoints that were kept elsewhere, and whose signatures make them worth something. */
export interface CheckpointOptions {
  readonly logKey: string | undefined
  readonly checkpoint: readonly string[] | undefined
  readonly witnessKey: readonly string[] | undefined
}

/** What a ledger is compared with. */
export interface KnownCheckpoints {
  readonly key: PublicKey | undefined
  readonly trusted: readonly Checkpoint[]
}

/**
 * Reads checkpoints and checks that everyone signed them whose key is given: the log, and each witness.
 *
 * @throws UsageError for checkpoints that nobody vouches for; InputUnreadableError, LedgerInputError, NoteMalformedError,
 * NoteSignatureError.
 */
export async function readCheckpoints(
  options: CheckpointOptions,
  terminal: Pick<Terminal, 'stdin'>,
): Promise<KnownCheckpoints> {
  const { logKey, checkpoint: paths = [], witnessKey = [] } = options
  if (paths.length > 0 && logKey === undefined && witnessKey.length === 0) {
    throw new UsageError(
      '--checkpoint needs --log-key or --witness-key: anyone can write one without a signature',
    )
  }
  if (witnessKey.length > 0 && paths.length === 0) {
    throw new UsageError('--witness-key needs --checkpoint: the note with the signature of the witness')
  }
  const key = logKey === undefined ? undefined : parseVerifierKey(logKey, 'log')
  const witnesses = witnessKey.map((text) => parseVerifierKey(text, 'witness'))
  const trusted: Checkpoint[] = []
  for (const path of paths) {
    const note = await readText(path, terminal, NOTE_BYTES_MAX)
    const signed = cosigners(note, witnesses)
    const missing = witnesses.find((witness) => !signed.includes(witness))
    if (missing !== undefined) throw new NoteSignatureError(missing.name)
    trusted.push(key === undefined ? parseCheckpoint(parseNote(note).text) : openCheckpoint(note, key))
  }
  return { key, trusted }
}
