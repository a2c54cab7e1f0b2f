import { sha3_256 } from '@noble/hashes/sha3.js'
import type { Clock, Random } from '@shardline/core'
import { fromBase64Url, toBase64Url } from './bytes.ts'
import { SignatureMalformedError, SignatureMissingError, SignatureWrongError } from './errors.ts'
import { checkFresh, spendNonce } from './freshness.ts'
import type { FreshnessInit } from './freshness.ts'
import type { Identity } from './identity.ts'
import { NONCE_BYTES, NONCE_CHARACTERS_MAX } from './limits.ts'
import { partyId } from './party-id.ts'
import type { PartyId } from './party-id.ts'
import { isNonce } from './signed-message.ts'
import { signingBytes } from './signing-bytes.ts'
import { SIGNATURE_BYTES, verifySignature } from './verify-signature.ts'

/** The HTTP request that a signature covers. */
export interface RequestFacts {
  /** In any case: `post` and `POST` are the same. */
  readonly method: string
  /** The target as it stands in the request line: path and query. */
  readonly path: string
  /** The body's bytes as sent. @default none */
  readonly body?: Uint8Array | undefined
  /** The id of the service that the request is for: one for another service is refused. */
  readonly audience: string
}

/** Headers that say who sent a request. */
export interface RequestHeaders {
  readonly 'shardline-party': PartyId
  /** Milliseconds since the Unix epoch. */
  readonly 'shardline-time': string
  readonly 'shardline-nonce': string
  /** 64 bytes in base64url. */
  readonly 'shardline-signature': string
}

/** What {@link signRequest} takes. */
export interface SignRequestInit extends RequestFacts {
  readonly identity: Identity
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
}

/** What {@link verifyRequest} takes. */
export interface VerifyRequestInit extends RequestFacts, FreshnessInit {
  /** Headers by lower-case name, as Node and Fetch give them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

interface Stamp {
  readonly signer: PartyId
  readonly issuedAtMs: number
  readonly nonce: string
}

/** The headers that make a request one of `identity`, good for one use within a minute. */
export function signRequest(init: SignRequestInit): RequestHeaders {
  const stamp: Stamp = {
    signer: init.identity.id,
    issuedAtMs: init.clock.now(),
    nonce: toBase64Url(init.random.bytes(NONCE_BYTES)),
  }
  return {
    'shardline-party': stamp.signer,
    'shardline-time': String(stamp.issuedAtMs),
    'shardline-nonce': stamp.nonce,
    'shardline-signature': toBase64Url(init.identity.sign(requestBytes(init, stamp))),
  }
}

/**
 * Who sent a request. Uses up its nonce.
 *
 * @throws SignatureMissingError, SignatureMalformedError, PartyIdInvalidError, MessageStaleError, SignatureWrongError,
 * NonceReusedError.
 */
export async function verifyRequest(init: VerifyRequestInit): Promise<PartyId> {
  const { stamp, signature } = readHeaders(init.headers)
  checkFresh(stamp.issuedAtMs, init)
  const message = requestBytes(init, stamp)
  if (!(await verifySignature({ id: stamp.signer, message, signature }))) {
    throw new SignatureWrongError(stamp.signer)
  }
  await spendNonce(stamp, init)
  return stamp.signer
}

function requestBytes(facts: RequestFacts, stamp: Stamp): Uint8Array {
  return signingBytes('request', {
    ...stamp,
    audience: facts.audience,
    method: facts.method.toUpperCase(),
    path: facts.path,
    bodyHash: toBase64Url(sha3_256(facts.body ?? new Uint8Array())),
  })
}

function readHeaders(headers: VerifyRequestInit['headers']): {
  readonly stamp: Stamp
  readonly signature: Uint8Array
} {
  const signer = partyId(readHeader(headers, 'shardline-party'))
  const time = readHeader(headers, 'shardline-time')
  const nonce = readHeader(headers, 'shardline-nonce')
  const signature = fromBase64Url(readHeader(headers, 'shardline-signature'), SIGNATURE_BYTES)
  if (!/^(?:0|[1-9]\d{0,14})$/.test(time)) {
    throw new SignatureMalformedError('shardline-time', 'whole milliseconds in digits')
  }
  if (!isNonce(nonce)) {
    throw new SignatureMalformedError(
      'shardline-nonce',
      `1 to ${NONCE_CHARACTERS_MAX} characters of base64url`,
    )
  }
  if (signature === undefined) {
    throw new SignatureMalformedError('shardline-signature', '64 bytes in base64url')
  }
  return { stamp: { signer, issuedAtMs: Number(time), nonce }, signature }
}

function readHeader(headers: VerifyRequestInit['headers'], name: keyof RequestHeaders): string {
  const value = headers[name]
  if (value === undefined) throw new SignatureMissingError(name)
  if (typeof value !== 'string') throw new SignatureMalformedError(name, 'given once')
  return value
}
