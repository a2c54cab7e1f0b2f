import { partyId, partyIdOf, publicKeyOf } from '@shardline/identity'
import type { Link, Transport } from '@shardline/wire'

/** Where a peer is, and who has to be there. */
export interface PeerAddress {
  /** As a transport dials it, such as `ws://host:port`. */
  readonly address: string
  /** 32 bytes of Ed25519; undefined takes whoever answers. */
  readonly expectPublicKey: Uint8Array | undefined
}

/**
 * Reads `ws://host:port#shard1…`: an address, and behind the `#` the id of who has to be there, if anybody.
 *
 * @throws PartyIdInvalidError if what follows the `#` is no id.
 */
export function parsePeerAddress(text: string): PeerAddress {
  const at = text.indexOf('#')
  if (at < 0) return { address: text, expectPublicKey: undefined }
  return { address: text.slice(0, at), expectPublicKey: publicKeyOf(partyId(text.slice(at + 1))) }
}

/** Writes what {@link parsePeerAddress} reads; the bare address for a peer that proved nothing. */
export function formatPeerAddress(address: string, publicKey: Uint8Array | undefined): string {
  return publicKey === undefined ? address : `${address}#${partyIdOf(publicKey)}`
}

/**
 * Dials a peer whose address may say who has to be there.
 *
 * @throws PartyIdInvalidError; PeerWrongError if somebody else is there; what {@link Transport.dial} throws.
 */
export async function dialPeer(
  transport: Transport,
  text: string,
  options: { readonly signal: AbortSignal },
): Promise<Link> {
  const { address, expectPublicKey } = parsePeerAddress(text)
  return transport.dial(address, {
    ...options,
    ...(expectPublicKey === undefined ? {} : { expectPublicKey }),
  })
}
