import { ShardlineError, fromUnknown } from '@shardline/core'
import { DatabaseRefusedError, DatabaseUnavailableError } from '../errors.ts'

/** Serialization failure and deadlock: the transaction took no effect and may be tried again as it is. */
const CONFLICT_STATES: readonly string[] = ['40001', '40P01']
/** Connection failures, and the server going down or out of resources (PostgreSQL, appendix A). */
const UNAVAILABLE_STATES = /^(?:08|53|57P|58)/
const UNAVAILABLE_TEXTS = /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|connection|closed|timeout|Client was closed/i

/** The SQLSTATE of something that a database threw, or undefined if it has none. */
export function sqlStateOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined
  return typeof cause.code === 'string' && /^[0-9A-Z]{5}$/.test(cause.code) ? cause.code : undefined
}

/** Whether the database gave a transaction up for a conflict with another. */
export function isConflict(cause: unknown): boolean {
  return CONFLICT_STATES.includes(sqlStateOf(cause) ?? '')
}

/** Turns whatever a database threw into an error of the ledger. */
export function fromDatabase(cause: unknown): ShardlineError {
  if (cause instanceof ShardlineError) return cause
  const state = sqlStateOf(cause)
  if (state !== undefined && !UNAVAILABLE_STATES.test(state)) return new DatabaseRefusedError(state, cause)
  if (state !== undefined) return new DatabaseUnavailableError(cause)
  if (cause instanceof Error && UNAVAILABLE_TEXTS.test(`${codeOf(cause)} ${cause.message}`)) {
    return new DatabaseUnavailableError(cause)
  }
  return fromUnknown(cause)
}

function codeOf(cause: Error): string {
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
}
