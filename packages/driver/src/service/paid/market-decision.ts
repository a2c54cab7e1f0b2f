import { fromUnknown } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import { ClaimLostError, PaymentRefusedError } from './paid-errors.ts'

/** Codes with which a market says that a request is no longer its driver's. */
const LOST: readonly string[] = ['MARKET_FENCE_STALE', 'MARKET_REQUEST_STATE', 'MARKET_NOT_FOUND']

/** The market's code of a failure, if the market itself decided so and asking again won't change it. */
export function decisionOf(error: ShardlineError): string | undefined {
  const { retryable } = error
  return !retryable && 'remoteCode' in error && typeof error.remoteCode === 'string'
    ? error.remoteCode
    : undefined
}

/** What a market's decision means for a claimed request; undefined for a failure that isn't one. */
export function refusalOf(ask: string, cause: unknown): ClaimLostError | PaymentRefusedError | undefined {
  const error = fromUnknown(cause)
  const remoteCode = decisionOf(error)
  if (remoteCode === undefined) return undefined
  return LOST.includes(remoteCode)
    ? new ClaimLostError(ask, error)
    : new PaymentRefusedError(ask, { remoteCode, cause: error })
}
