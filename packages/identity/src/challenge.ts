import type { Clock, Random } from '@shardline/core'
import { fromBase64Url, isSameSecret, requireLength, toBase64Url, utf8 } from './bytes.ts'
import { DERIVED_KEY_BYTES, deriveKey } from './derive-key.ts'
import {
  ChallengeExpiredError,
  ChallengePartyError,
  ChallengeUnknownError,
  ChallengeUsedError,
  SignatureMissingError,
  SignatureMalformedError,
  SignatureWrongError,
} from './errors.ts'
import type { Identity } from './identity.ts'
import { CHALLENGE_MS_MAX, NONCE_BYTES } from './limits.ts'
import type { NonceMemory } from './nonce-memory.ts'
import { partyId } from './party-id.ts'
import type { PartyId } from './party-id.ts'
import { signingBytes } from './signing-bytes.ts'
import { SIGNATURE_BYTES, verifySignature } from './verify-signature.ts'

/** What a service asks someone to sign, to show who they are. */
export interface Challenge {
  /** The service that asks. */
  readonly audience: string
  /** Who asked for it; nobody else can answer. */
  readonly party: PartyId
  /** Milliseconds since the Unix epoch. */
  readonly expiresAtMs: number
  /** Makes it unique. */
  readonly nonce: string
  /** Shows the service that it gave this challenge out itself. */
  readonly seal: string
}

/** A challenge and the signature of its party. */
export interface ChallengeAnswer extends Challenge {
  /** 64 bytes in base64url. */
  readonly signature: string
}

/** What a {@link ChallengeBook} works with. */
export interface ChallengeBookInit {
  /** The id of the service. */
  readonly audience: string
  /** 32 secret bytes, the same in every process of the service. */
  readonly secret: Uint8Array
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  /** Remembers which challenges were used; its limit bounds them. */
  readonly nonces: NonceMemory
  /** Milliseconds that a challenge can be answered. @default CHALLENGE_MS_MAX */
  readonly challengeMsMax?: number
}

/** Answers a challenge. `audience` is the service that the caller means to talk to: a challenge passed on from another is refused. */
export function answerChallenge(identity: Identity, challenge: Challenge, audience: string): ChallengeAnswer {
  if (challenge.audience !== audience) throw new ChallengeUnknownError('it is one of another service')
  if (challenge.party !== identity.id) throw new ChallengePartyError(challenge.party)
  const { party, expiresAtMs, nonce, seal } = challenge
  const asked: Challenge = { audience, party, expiresAtMs, nonce, seal }
  return { ...asked, signature: toBase64Url(identity.sign(signingBytes('challenge', { ...asked }))) }
}

/**
 * Gives challenges out and takes answers, each once. An open challenge costs no memory, since it carries a seal that
 * only this service can make: however many are asked for, none is pushed out.
 */
export class ChallengeBook {
  readonly #init: ChallengeBookInit
  readonly #key: Uint8Array
  readonly #challengeMsMax: number

  /** @throws InvalidValueError if the secret isn't 32 bytes long. */
  constructor(init: ChallengeBookInit) {
    requireLength('the secret of a challenge book', init.secret, DERIVED_KEY_BYTES)
    this.#init = init
    this.#key = deriveKey(init.secret, 'challenge', utf8(init.audience))
    this.#challengeMsMax = init.challengeMsMax ?? CHALLENGE_MS_MAX
  }

  /** A challenge that only `party` can answer. */
  issue(party: PartyId): Challenge {
    const nonce = toBase64Url(this.#init.random.bytes(NONCE_BYTES))
    const expiresAtMs = this.#init.clock.now() + this.#challengeMsMax
    const open = { audience: this.#init.audience, party, expiresAtMs, nonce }
    return { ...open, seal: toBase64Url(this.#seal(open)) }
  }

  /**
   * Who answered. `party` is who claims to: an answer by someone else is refused even if its signature holds.
   *
   * @throws ChallengePartyError, ChallengeUnknownError, ChallengeExpiredError, SignatureMissingError,
   * SignatureMalformedError, SignatureWrongError, ChallengeUsedError, PartyIdInvalidError.
   */
  async redeem(answer: ChallengeAnswer, party: PartyId): Promise<PartyId> {
    const asked = this.#readOwn(answer)
    if (asked.party !== party) throw new ChallengePartyError(asked.party)
    if (this.#init.clock.now() > asked.expiresAtMs) throw new ChallengeExpiredError(this.#challengeMsMax)
    if (typeof answer.signature !== 'string') throw new SignatureMissingError('signature')
    const signature = fromBase64Url(answer.signature, SIGNATURE_BYTES)
    if (signature === undefined) throw new SignatureMalformedError('the signature', '64 bytes in base64url')
    const message = signingBytes('challenge', { ...asked })
    if (!(await verifySignature({ id: party, message, signature }))) throw new SignatureWrongError(party)
    const entry = { signer: party, nonce: `challenge:${asked.nonce}`, untilMs: asked.expiresAtMs }
    if (!(await this.#init.nonces.remember(entry))) throw new ChallengeUsedError()
    return party
  }

  /** The challenge inside an answer, if it was given out here and nothing of it was changed. */
  #readOwn(answer: ChallengeAnswer): Challenge {
    const { audience, party, expiresAtMs, nonce, seal } = answer
    if (audience !== this.#init.audience) throw new ChallengeUnknownError('it is one of another service')
    const isReadable = typeof party === 'string' && typeof nonce === 'string' && typeof seal === 'string'
    if (!isReadable || !Number.isSafeInteger(expiresAtMs)) {
      throw new ChallengeUnknownError('a field is missing')
    }
    const given = fromBase64Url(seal, DERIVED_KEY_BYTES)
    const open = { audience, party: partyId(party), expiresAtMs, nonce }
    if (given === undefined || !isSameSecret(given, this.#seal(open))) {
      throw new ChallengeUnknownError('it was not given out here, or was changed')
    }
    return { ...open, seal }
  }

  #seal(open: Omit<Challenge, 'seal'>): Uint8Array {
    const { audience, party, expiresAtMs, nonce } = open
    return deriveKey(this.#key, 'challenge', ...[audience, party, String(expiresAtMs), nonce].map(utf8))
  }
}
