import { HASH_BYTES } from '@shardline/core'
import type { Hash } from '@shardline/core'
import { NoteMalformedError, NoteSignatureError } from '../errors.ts'
import { SIGNATURE_TYPES, formatNote, keyIdOf, parseNote, signaturesOf } from './signed-note.ts'
import type { SignedNote } from './signed-note.ts'
import { isEd25519Signature } from './signer.ts'
import type { PublicKey, Signer } from './signer.ts'

/** What a log commits to: its name, how many entries it has, and the root over them. */
export interface Checkpoint {
  /** Names the log, as in `example.org/ledger`. */
  readonly origin: string
  readonly size: bigint
  readonly root: Hash
}

/** A checkpoint and the note that carries it with its signatures. */
export interface SignedCheckpoint extends Checkpoint {
  /** A C2SP tlog-checkpoint: text to hand to others as it is. */
  readonly note: string
}

/** The text of a checkpoint (C2SP tlog-checkpoint): origin, size and root in base64, a line each. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
}

/** @throws NoteMalformedError if the text is no checkpoint. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = ''] = text.split('\n')
  if (origin === '') throw new NoteMalformedError('it has no origin')
  if (!/^(?:0|[1-9]\d{0,18})$/.test(size)) throw new NoteMalformedError('its size is no number')
  const hash = Buffer.from(root, 'base64')
  if (hash.length !== HASH_BYTES || hash.toString('base64') !== root) {
    throw new NoteMalformedError('its root is no hash in base64')
  }
  return { origin, size: BigInt(size), root: new Uint8Array(hash) }
}

/** Signs a checkpoint. The signer's name is the origin. */
export async function signCheckpoint(
  checkpoint: Omit<Checkpoint, 'origin'>,
  signer: Signer,
): Promise<SignedCheckpoint> {
  const whole = { origin: signer.name, size: checkpoint.size, root: checkpoint.root }
  const text = formatCheckpoint(whole)
  const signature = await signer.sign(Buffer.from(text))
  const keyId = keyIdOf(signer, SIGNATURE_TYPES.ed25519)
  return { ...whole, note: formatNote({ text, signatures: [{ name: signer.name, keyId, signature }] }) }
}

/**
 * Reads a checkpoint that `key` signed.
 *
 * @throws NoteMalformedError if the note holds none; NoteSignatureError if the log's key didn't sign it.
 */
export function openCheckpoint(note: string, key: PublicKey): SignedCheckpoint {
  const parsed = parseNote(note)
  const checkpoint = parseCheckpoint(parsed.text)
  if (checkpoint.origin !== key.name || !isSignedBy(parsed, key)) throw new NoteSignatureError(key.name)
  return { ...checkpoint, note }
}

function isSignedBy(note: SignedNote, key: PublicKey): boolean {
  return signaturesOf(note, key, SIGNATURE_TYPES.ed25519).some(({ signature }) =>
    isEd25519Signature(key.publicKey, Buffer.from(note.text), signature),
  )
}
