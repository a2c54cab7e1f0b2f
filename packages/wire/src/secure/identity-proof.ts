import type { LinkCrypto } from './link-crypto.ts'
import { KEY_BYTES, LINK_SIGNATURE_BYTES } from './link-crypto.ts'
import type { LinkIdentity } from './link-identity.ts'

/** When a side goes on with the next key for what it sends. */
export interface RekeyRule {
  readonly framesMax: number
  readonly bytesMax: number
}

/** What the peer proved, and said beside it. */
export interface ProvenPeer {
  /** 32 bytes of Ed25519. */
  readonly publicKey: Uint8Array
  readonly rekey: RekeyRule
}

/** What a proof is bound to. */
export interface ProofContext {
  /** Of the side that proves. */
  readonly side: 'dialing' | 'accepting'
  /** Of Noise, of the side that proves. */
  readonly staticKey: Uint8Array
  /** Of all that was said before the proof, one-time keys of both sides among it: a proof fits one conversation only. */
  readonly handshakeHash: Uint8Array
}

const REKEY_BYTES = 8
const SIGNATURE_END = KEY_BYTES + LINK_SIGNATURE_BYTES

/** Bytes of a proof. */
export const PROOF_BYTES: number = SIGNATURE_END + REKEY_BYTES

/** Lengths and counts are 31-bit, as all settings of wire are. */
const COUNT_MAX = 2 ** 31 - 1

/** What is signed. The beginning keeps these signatures apart from all others of the same identity. */
function statement({ side, staticKey, handshakeHash }: ProofContext): Uint8Array {
  const domain = new TextEncoder().encode(`shardline/link/1/${side}\n`)
  const bytes = new Uint8Array(domain.byteLength + staticKey.byteLength + handshakeHash.byteLength)
  bytes.set(domain)
  bytes.set(staticKey, domain.byteLength)
  bytes.set(handshakeHash, domain.byteLength + staticKey.byteLength)
  return bytes
}

/** The payload of a handshake message: public key, signature, and the rule of re-keying. */
export function writeProof(identity: LinkIdentity, context: ProofContext, rekey: RekeyRule): Uint8Array {
  const proof = new Uint8Array(PROOF_BYTES)
  proof.set(identity.publicKey)
  proof.set(identity.sign(statement(context)), KEY_BYTES)
  const view = new DataView(proof.buffer)
  view.setUint32(SIGNATURE_END, rekey.framesMax, true)
  view.setUint32(SIGNATURE_END + 4, rekey.bytesMax, true)
  return proof
}

/** Who the peer is; undefined if it doesn't prove it. */
export function readProof(
  crypto: LinkCrypto,
  proof: Uint8Array,
  context: ProofContext,
): ProvenPeer | undefined {
  if (proof.byteLength !== PROOF_BYTES) return undefined
  const publicKey = new Uint8Array(proof.subarray(0, KEY_BYTES))
  const signature = proof.subarray(KEY_BYTES, SIGNATURE_END)
  const view = new DataView(proof.buffer, proof.byteOffset, proof.byteLength)
  const framesMax = view.getUint32(SIGNATURE_END, true)
  const bytesMax = view.getUint32(SIGNATURE_END + 4, true)
  if (!isCount(framesMax) || !isCount(bytesMax)) return undefined
  if (!crypto.verify(publicKey, statement(context), signature)) return undefined
  return { publicKey, rekey: { framesMax, bytesMax } }
}

function isCount(value: number): boolean {
  return value >= 1 && value <= COUNT_MAX
}
