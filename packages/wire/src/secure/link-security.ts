import type { AgreementKeyPair, LinkCrypto } from './link-crypto.ts'
import type { LinkIdentity } from './link-identity.ts'

/** Who a side is on its links, and whom it takes links from. */
export interface LinkSecurityInit {
  readonly identity: LinkIdentity
  /**
   * Whether the holder of an Ed25519 public key may connect; asked when it has proved that it is. Not asked of peers that
   * this side dials. @default everybody may
   */
  readonly admit?: (publicKey: Uint8Array) => boolean | Promise<boolean>
  /** Writes a public key as messages and logs call its holder. @default hexadecimal */
  readonly formatKey?: (publicKey: Uint8Array) => string
  /** @default that of the transport's platform */
  readonly crypto?: LinkCrypto
}

/** The same with its defaults, and with the transport's static key. */
export interface LinkSecurity {
  readonly identity: LinkIdentity
  readonly admit: (publicKey: Uint8Array) => boolean | Promise<boolean>
  readonly formatKey: (publicKey: Uint8Array) => string
  readonly crypto: LinkCrypto
  /** Of Noise; lives as long as the transport. Who it belongs to is signed anew in every handshake. */
  readonly staticKey: AgreementKeyPair
}

/** Fills what `init` leaves out; `platform` is the cryptography of where the transport runs. */
export function resolveLinkSecurity(init: LinkSecurityInit, platform: LinkCrypto): LinkSecurity {
  const crypto = init.crypto ?? platform
  return {
    identity: init.identity,
    admit: init.admit ?? (() => true),
    formatKey: init.formatKey ?? formatHex,
    crypto,
    staticKey: crypto.generateKeyPair(),
  }
}

/** Bytes in hexadecimal. */
export function formatHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
