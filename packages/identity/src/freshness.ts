import type { Clock } from '@shardline/core'
import { MessageStaleError, NonceReusedError } from './errors.ts'
import { MESSAGE_AGE_MS_MAX } from './limits.ts'
import type { NonceMemory } from './nonce-memory.ts'
import type { PartyId } from './party-id.ts'

/** What every verifier of fresh messages is given. */
export interface FreshnessInit {
  readonly clock: Pick<Clock, 'now'>
  readonly nonces: NonceMemory
  /** Milliseconds that the signer's time may differ from the clock's, both ways. @default MESSAGE_AGE_MS_MAX */
  readonly ageMsMax?: number
}

/** @throws MessageStaleError if the time lies further from now than allowed. */
export function checkFresh(issuedAtMs: number, init: Omit<FreshnessInit, 'nonces'>): void {
  const ageMsMax = init.ageMsMax ?? MESSAGE_AGE_MS_MAX
  const ageMs = init.clock.now() - issuedAtMs
  if (Math.abs(ageMs) > ageMsMax) throw new MessageStaleError(ageMs, ageMsMax)
}

/**
 * Uses up the nonce of a message whose signature holds. Only then: else a stranger could use up someone's nonces.
 *
 * @throws NonceReusedError if it was used before.
 */
export async function spendNonce(
  message: { readonly signer: PartyId; readonly nonce: string; readonly issuedAtMs: number },
  init: FreshnessInit,
): Promise<void> {
  const { signer, nonce, issuedAtMs } = message
  const untilMs = issuedAtMs + (init.ageMsMax ?? MESSAGE_AGE_MS_MAX)
  if (!(await init.nonces.remember({ signer, nonce, untilMs }))) throw new NonceReusedError(signer)
}
