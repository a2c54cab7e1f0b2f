import { sha3_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from './bytes.ts'
import type { Identity } from './identity.ts'
import type { PartyId } from './party-id.ts'
import { signingBytes } from './signing-bytes.ts'
import { SIGNATURE_BYTES, verifySignature } from './verify-signature.ts'

/** A run of tokens of one answer that a validator signs at once. */
export interface TokenWindow {
  /** The request's id. */
  readonly ask: string
  /** Which of the request's answers; counts from 0. */
  readonly choice: number
  /** Digest of the model that chose the tokens. */
  readonly modelDigest: string
  /** Counts the windows of a choice, from 0. */
  readonly window: number
  /** What the answer says after the window: `none`, it may go on; `stop-token`, the model ended it; `closed`, the driver did. */
  readonly end: 'none' | 'stop-token' | 'closed'
  /** In order; `bytes` is what the token adds to the text. */
  readonly tokens: readonly { readonly id: number; readonly bytes: Uint8Array }[]
  /** {@link hashTokenWindow} of the window before; {@link FIRST_WINDOW_PREVIOUS} for the first. */
  readonly previous: string
}

/** What the first window of a choice names as the one before. */
export const FIRST_WINDOW_PREVIOUS: string = '0'.repeat(64)

/**
 * The bytes that a validator signs for a window: `shardline:token-window:1\n` and the SHA3-256 of the canonical JSON of
 * its fields, each token as its id and its bytes in hex. A window names the one before, so that none can be left out,
 * repeated or moved; the request and the choice, so that none counts for another answer; and whether the answer is over,
 * so that its end can't be cut off.
 */
export function tokenWindowBytes(window: TokenWindow): Uint8Array {
  const { ask, choice, modelDigest, end, tokens, previous } = window
  return signingBytes('token-window', {
    ask,
    choice,
    end,
    modelDigest,
    previous,
    tokens: tokens.map(({ id, bytes }) => [id, toHex(bytes)]),
    window: window.window,
  })
}

/** SHA3-256 (FIPS 202) in hex of what {@link tokenWindowBytes} gave: how the next window names this one. */
export function hashTokenWindow(signedBytes: Uint8Array): string {
  return toHex(sha3_256(signedBytes))
}

/** A validator's word for a window. */
export interface SignedTokenWindow {
  /** 64 bytes of Ed25519 in hex. */
  readonly signature: string
  /** What the next window names as the one before. */
  readonly hash: string
}

/** Signs a window. */
export function signTokenWindow(signer: Pick<Identity, 'sign'>, window: TokenWindow): SignedTokenWindow {
  const bytes = tokenWindowBytes(window)
  return { signature: toHex(signer.sign(bytes)), hash: hashTokenWindow(bytes) }
}

/** A window that is to be checked. */
export interface TokenWindowClaim {
  readonly window: TokenWindow
  readonly signer: PartyId
  /** In hex. */
  readonly signature: string
}

/** What the window after it must name as the one before, if `signer` signed exactly this window; else undefined. */
export async function verifyTokenWindow(claim: TokenWindowClaim): Promise<string | undefined> {
  const signature = fromHex(claim.signature, SIGNATURE_BYTES)
  if (signature === undefined) return undefined
  const message = tokenWindowBytes(claim.window)
  const isSigned = await verifySignature({ id: claim.signer, message, signature })
  return isSigned ? hashTokenWindow(message) : undefined
}
