import { HASH_BYTES, PROOF_HASHES_MAX } from '@shardline/core'
import { fromBase64Url, toBase64Url } from '../bytes.ts'
import { KeyProofMalformedError } from '../errors.ts'
import type { DriverKeyEntry } from './driver-key-entry.ts'
import type { DriverKeyProof } from './driver-key-log.ts'

/** A driver's key and its proof as they travel. */
export interface DriverKeyProofJson {
  readonly entry: DriverKeyEntry
  readonly index: number
  /** 32 bytes in base64url each. */
  readonly hashes: readonly string[]
}

/** A proof for JSON. */
export function driverKeyProofToJson({ entry, index, hashes }: DriverKeyProof): DriverKeyProofJson {
  return { entry, index, hashes: proofHashesToJson(hashes) }
}

/** Reads a proof. What it says of the key is for {@link verifyDriverKey} to check. @throws KeyProofMalformedError */
export function driverKeyProofFromJson(value: unknown): DriverKeyProof {
  const { entry, index, hashes } = objectOf(value, 'the proof')
  if (!Number.isSafeInteger(index)) throw new KeyProofMalformedError('index is no whole number')
  // Its fields are checked with its signature.
  const known = objectOf(entry, 'entry') as unknown as DriverKeyEntry
  return { entry: known, index: Number(index), hashes: proofHashesFromJson(hashes) }
}

/** Hashes of an inclusion or consistency proof for JSON: base64url. */
export function proofHashesToJson(hashes: readonly Uint8Array[]): readonly string[] {
  return hashes.map(toBase64Url)
}

/** Reads hashes of a proof. @throws KeyProofMalformedError */
export function proofHashesFromJson(value: unknown): readonly Uint8Array[] {
  if (!Array.isArray(value) || value.length > PROOF_HASHES_MAX) {
    throw new KeyProofMalformedError(`hashes is no list of at most ${PROOF_HASHES_MAX}`)
  }
  return value.map((text: unknown) => {
    const hash = typeof text === 'string' ? fromBase64Url(text, HASH_BYTES) : undefined
    if (hash === undefined) throw new KeyProofMalformedError('a hash is not 32 bytes in base64url')
    return hash
  })
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new KeyProofMalformedError(`${what} is no object`)
  return { ...value }
}
