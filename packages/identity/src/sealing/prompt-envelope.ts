import { ShardlineError } from '@shardline/core'
import { concat, fromBase64Url, isSame, toBase64Url } from '../bytes.ts'
import { canonicalJson } from '../canonical-json.ts'
import { SealMalformedError } from '../errors.ts'
import type { PartyId } from '../party-id.ts'
import { ENCRYPTION_KEY_BYTES } from './encryption-key.ts'
import { checkTerms } from './sealed-terms.ts'
import type { SealedTerms } from './sealed-terms.ts'

/** Bytes of a nonce of XChaCha20-Poly1305. */
export const SEAL_NONCE_BYTES = 24

/** Everything of a sealed prompt but its ciphertext. */
export interface PromptHeader {
  readonly terms: SealedTerms
  /** The driver's X25519 key that it is sealed to. */
  readonly driverKey: Uint8Array
  /** The user's one-time X25519 key that it is sealed from. */
  readonly senderKey: Uint8Array
  readonly nonce: Uint8Array
}

/** A sealed prompt taken apart. */
export interface PromptEnvelope extends PromptHeader {
  /** The bytes before the ciphertext: they are authenticated with it. */
  readonly associatedData: Uint8Array
  readonly ciphertext: Uint8Array
}

/** `SLPR`, then the version. */
const PREFIX = Uint8Array.of(0x53, 0x4c, 0x50, 0x52, 1)
const LENGTH_BYTES = 2
const PRICE = /^(?:0|[1-9]\d{0,18})$/

/** The header's bytes: prefix and version, length in 2 bytes (highest first), canonical JSON. */
export function writePromptHeader(header: PromptHeader): Uint8Array {
  const { terms, driverKey, senderKey, nonce } = header
  const json = canonicalJson({
    driverId: terms.driverId,
    driverKey: toBase64Url(driverKey),
    expiresAtMs: terms.expiresAtMs,
    lockedPrice: String(terms.lockedPrice),
    nonce: toBase64Url(nonce),
    requestId: terms.requestId,
    senderKey: toBase64Url(senderKey),
  })
  return concat(PREFIX, Uint8Array.of(json.length >> 8, json.length & 0xff), json)
}

/** @throws SealMalformedError if the bytes are no sealed prompt. Whether it can be opened is not said. */
export function readPromptEnvelope(sealed: Uint8Array): PromptEnvelope {
  const start = PREFIX.length + LENGTH_BYTES
  if (sealed.length < start || !isSame(sealed.subarray(0, PREFIX.length), PREFIX)) {
    throw new SealMalformedError('it does not begin as one of this version does')
  }
  const length = ((sealed[PREFIX.length] ?? 0) << 8) | (sealed[PREFIX.length + 1] ?? 0)
  if (sealed.length < start + length) throw new SealMalformedError('it is cut short')
  const associatedData = sealed.subarray(0, start + length)
  const header = readHeader(associatedData.subarray(start))
  if (!isSame(writePromptHeader(header), associatedData)) {
    throw new SealMalformedError('its header is not in canonical form')
  }
  return { ...header, associatedData, ciphertext: sealed.subarray(start + length) }
}

function readHeader(json: Uint8Array): PromptHeader {
  const fields = parseFields(json)
  const text = (name: string): string => {
    const value = fields[name]
    if (typeof value !== 'string') throw new SealMalformedError(`${name} is no text`)
    return value
  }
  const bytes = (name: string, length: number): Uint8Array => {
    const value = fromBase64Url(text(name), length)
    if (value === undefined) throw new SealMalformedError(`${name} is not ${length} bytes in base64url`)
    return value
  }
  const price = text('lockedPrice')
  if (!PRICE.test(price)) throw new SealMalformedError('lockedPrice is no amount')
  try {
    const terms: SealedTerms = {
      requestId: text('requestId'),
      // Checked with the others below: to check a key twice is twice the cost of an ask that is refused.
      driverId: text('driverId') as PartyId,
      lockedPrice: BigInt(price),
      expiresAtMs: Number(fields['expiresAtMs']),
    }
    checkTerms(terms)
    return {
      terms,
      driverKey: bytes('driverKey', ENCRYPTION_KEY_BYTES),
      senderKey: bytes('senderKey', ENCRYPTION_KEY_BYTES),
      nonce: bytes('nonce', SEAL_NONCE_BYTES),
    }
  } catch (cause) {
    if (cause instanceof SealMalformedError || !(cause instanceof ShardlineError)) throw cause
    throw new SealMalformedError(cause.message, cause)
  }
}

function parseFields(json: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch (cause) {
    throw new SealMalformedError('its header is no JSON', cause)
  }
  throw new SealMalformedError('its header is no object')
}
