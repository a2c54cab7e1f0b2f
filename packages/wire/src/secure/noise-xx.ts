import type { AgreementKeyPair, LinkCrypto } from './link-crypto.ts'
import { KEY_BYTES, SEAL_BYTES } from './link-crypto.ts'
import type { SplitKeys } from './symmetric-state.ts'
import { SymmetricState } from './symmetric-state.ts'

/** Name of the handshake, as the Noise specification (revision 34) writes it. */
export const NOISE_PROTOCOL = 'Noise_XX_25519_AESGCM_SHA256'

/** A static key, sealed. */
const SEALED_KEY_BYTES = KEY_BYTES + SEAL_BYTES

/** Options of a {@link NoiseXX}. */
export interface NoiseXXInit {
  /** Bytes that both sides must have alike. */
  readonly prologue: Uint8Array
  readonly staticKey: AgreementKeyPair
  /** Used once. */
  readonly ephemeralKey: AgreementKeyPair
}

/**
 * The three messages of Noise's XX pattern, written by one side and read by the other in turn:
 *
 *     -> e                 the dialing side's one-time key
 *     <- e, ee, s, es      the accepting side's, and its static key, sealed
 *     -> s, se             the dialing side's static key, sealed
 *
 * A payload is a function, because what it says may depend on what the message has made known before it. Reading gives
 * undefined, for ever, when a message is no part of this conversation.
 */
export class NoiseXX {
  readonly #state: SymmetricState
  readonly #init: NoiseXXInit
  #remoteEphemeral: Uint8Array | undefined
  #remoteStatic: Uint8Array | undefined
  #isBroken = false

  constructor(crypto: LinkCrypto, init: NoiseXXInit) {
    this.#init = init
    this.#state = new SymmetricState(crypto, NOISE_PROTOCOL)
    this.#state.mixHash(init.prologue)
  }

  /** Hash of all that was said so far. */
  get handshakeHash(): Uint8Array {
    return this.#state.handshakeHash
  }

  /** The peer's static key, once its message was read. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic
  }

  /** The dialing side's first message. */
  writeFirst(payload: Uint8Array): Uint8Array {
    const { publicKey } = this.#init.ephemeralKey
    this.#state.mixHash(publicKey)
    return concat(publicKey, this.#state.encryptAndHash(payload))
  }

  readFirst(message: Uint8Array): Uint8Array | undefined {
    return this.#reading(() => {
      if (!this.#readEphemeral(message)) return undefined
      return this.#state.decryptAndHash(message.subarray(KEY_BYTES))
    })
  }

  /** The accepting side's message; undefined if the first one's key is no use. */
  writeSecond(payload: () => Uint8Array): Uint8Array | undefined {
    const { ephemeralKey, staticKey } = this.#init
    this.#state.mixHash(ephemeralKey.publicKey)
    if (!this.#mixAgreed(ephemeralKey, this.#remoteEphemeral)) return undefined
    const sealedStatic = this.#state.encryptAndHash(staticKey.publicKey)
    if (!this.#mixAgreed(staticKey, this.#remoteEphemeral)) return undefined
    return concat(ephemeralKey.publicKey, sealedStatic, this.#state.encryptAndHash(payload()))
  }

  /** `beforePayload` is told when all but the payload was read. */
  readSecond(message: Uint8Array, beforePayload: () => void): Uint8Array | undefined {
    const { ephemeralKey } = this.#init
    return this.#reading(() => {
      if (!this.#readEphemeral(message)) return undefined
      if (!this.#mixAgreed(ephemeralKey, this.#remoteEphemeral)) return undefined
      const rest = message.subarray(KEY_BYTES)
      if (!this.#readStatic(rest) || !this.#mixAgreed(ephemeralKey, this.#remoteStatic)) return undefined
      beforePayload()
      return this.#state.decryptAndHash(rest.subarray(SEALED_KEY_BYTES))
    })
  }

  /** The dialing side's last message; undefined if the second one's key is no use. */
  writeThird(payload: () => Uint8Array): Uint8Array | undefined {
    const { staticKey } = this.#init
    const sealedStatic = this.#state.encryptAndHash(staticKey.publicKey)
    if (!this.#mixAgreed(staticKey, this.#remoteEphemeral)) return undefined
    return concat(sealedStatic, this.#state.encryptAndHash(payload()))
  }

  readThird(message: Uint8Array, beforePayload: () => void): Uint8Array | undefined {
    const { ephemeralKey } = this.#init
    return this.#reading(() => {
      if (!this.#readStatic(message) || !this.#mixAgreed(ephemeralKey, this.#remoteStatic)) return undefined
      beforePayload()
      return this.#state.decryptAndHash(message.subarray(SEALED_KEY_BYTES))
    })
  }

  /** The keys of the link, when all three messages went through. */
  split(): SplitKeys {
    return this.#state.split()
  }

  #reading(read: () => Uint8Array | undefined): Uint8Array | undefined {
    const payload = this.#isBroken ? undefined : read()
    this.#isBroken = payload === undefined
    return payload
  }

  #readEphemeral(message: Uint8Array): boolean {
    if (message.byteLength < KEY_BYTES) return false
    this.#remoteEphemeral = new Uint8Array(message.subarray(0, KEY_BYTES))
    this.#state.mixHash(this.#remoteEphemeral)
    return true
  }

  #readStatic(sealed: Uint8Array): boolean {
    if (sealed.byteLength < SEALED_KEY_BYTES) return false
    this.#remoteStatic = this.#state.decryptAndHash(sealed.subarray(0, SEALED_KEY_BYTES))
    return this.#remoteStatic !== undefined
  }

  #mixAgreed(own: AgreementKeyPair, remote: Uint8Array | undefined): boolean {
    const secret = remote === undefined ? undefined : own.agree(remote)
    if (secret === undefined) return false
    this.#state.mixKey(secret)
    return true
  }
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((bytes, part) => bytes + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.byteLength
  }
  return all
}
