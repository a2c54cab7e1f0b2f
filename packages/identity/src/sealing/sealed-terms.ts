import { InvalidValueError } from '@shardline/core'
import { LOCKED_PRICE_MAX, REQUEST_ID_CHARACTERS_MAX } from '../limits.ts'
import { partyId } from '../party-id.ts'
import type { PartyId } from '../party-id.ts'

/** What a sealed prompt is bound to. It is readable by everyone, and can't be changed by anyone. */
export interface SealedTerms {
  readonly requestId: string
  readonly driverId: PartyId
  /** Microcredits. */
  readonly lockedPrice: bigint
  /** Milliseconds since the Unix epoch; the driver refuses the prompt after. */
  readonly expiresAtMs: number
}

/** @throws InvalidValueError or PartyIdInvalidError if a field is not of its kind. */
export function checkTerms(terms: SealedTerms): void {
  const { requestId, driverId, lockedPrice, expiresAtMs } = terms
  if (requestId.length > REQUEST_ID_CHARACTERS_MAX || !/^[\x21-\x7e]+$/.test(requestId)) {
    throw new InvalidValueError(
      `a request id is "${requestId.slice(0, REQUEST_ID_CHARACTERS_MAX)}"; it must be 1 to ${REQUEST_ID_CHARACTERS_MAX} printable ASCII characters without spaces`,
    )
  }
  partyId(driverId)
  if (lockedPrice < 0n || lockedPrice > LOCKED_PRICE_MAX) {
    throw new InvalidValueError(`a locked price is ${lockedPrice}; 0 to ${LOCKED_PRICE_MAX} is allowed`)
  }
  if (!Number.isSafeInteger(expiresAtMs) || expiresAtMs < 0) {
    throw new InvalidValueError(`an expiry is ${expiresAtMs}; it must be whole milliseconds`)
  }
}
