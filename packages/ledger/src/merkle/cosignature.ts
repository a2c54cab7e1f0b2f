import { parseNote, SIGNATURE_TYPES, formatSignature, keyIdOf, signaturesOf } from './signed-note.ts'
import { isEd25519Signature } from './signer.ts'
import type { PublicKey, Signer } from './signer.ts'

const TIME_BYTES = 8
const SIGNATURE_BYTES = 64
const MS_PER_SECOND = 1000

/** What a witness signs (C2SP tlog-cosignature, version 1): when it saw the checkpoint, and its text. */
function cosignedText(text: string, seconds: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)
}

/** A witness's signature line for a note's text. `nowMs` is the witness's time. */
export async function cosign(text: string, witness: Signer, nowMs: number): Promise<string> {
  const seconds = BigInt(Math.floor(nowMs / MS_PER_SECOND))
  const time = Buffer.alloc(TIME_BYTES)
  time.writeBigUInt64BE(seconds)
  const signature = Buffer.concat([time, await witness.sign(cosignedText(text, seconds))])
  const keyId = keyIdOf(witness, SIGNATURE_TYPES.cosignature)
  return formatSignature({ name: witness.name, keyId, signature })
}

/**
 * Those of `witnesses` whose valid signatures stand under a note.
 *
 * @throws NoteMalformedError if it is no note.
 */
export function cosigners(note: string, witnesses: readonly PublicKey[]): readonly PublicKey[] {
  const parsed = parseNote(note)
  return witnesses.filter((witness) =>
    signaturesOf(parsed, witness, SIGNATURE_TYPES.cosignature).some(({ signature }) => {
      if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return false
      const bytes = Buffer.from(signature)
      const text = cosignedText(parsed.text, bytes.readBigUInt64BE())
      return isEd25519Signature(witness.publicKey, text, bytes.subarray(TIME_BYTES))
    }),
  )
}
