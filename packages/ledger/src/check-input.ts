import type { AccountInit, AccountLimit } from './account.ts'
import { LedgerInputError } from './errors.ts'
import { checkId } from './ids.ts'
import { AMOUNT_MAX, CODE_MAX, LEDGER_NUMBER_MAX, TIMEOUT_MS_MAX, USER_DATA_BYTES_MAX } from './limits.ts'
import { isResolve } from './transfer.ts'
import type { MoveInit, TransferInit } from './transfer.ts'

const LIMITS: readonly AccountLimit[] = [
  'none',
  'debits_must_not_exceed_credits',
  'credits_must_not_exceed_debits',
]
const KINDS: readonly string[] = ['single', 'pending', 'post', 'void']

/**
 * Checks that every field of the accounts is of the kind that it takes. What they mean together is for the rules.
 *
 * @throws LedgerInputError naming the first field that isn't.
 */
export function checkAccountInits(inits: readonly AccountInit[], itemsMax: number): void {
  checkCount(inits.length, itemsMax)
  for (const [index, init] of inits.entries()) {
    const at = `accounts[${index}]`
    checkId(`${at}.id`, init.id)
    checkInteger(`${at}.ledger`, init.ledger, LEDGER_NUMBER_MAX)
    checkInteger(`${at}.code`, init.code, CODE_MAX)
    checkUserData(`${at}.userData`, init.userData)
    const limit = init.limit ?? 'none'
    if (!LIMITS.includes(limit))
      throw new LedgerInputError(`${at}.limit`, limit, `one of ${LIMITS.join(', ')}`)
  }
}

/**
 * Checks that every field of the transfers is of the kind that it takes. What they mean together is for the rules.
 *
 * @throws LedgerInputError naming the first field that isn't.
 */
export function checkTransferInits(inits: readonly TransferInit[], itemsMax: number): void {
  checkCount(inits.length, itemsMax)
  for (const [index, init] of inits.entries()) checkTransferInit(`transfers[${index}]`, init)
}

function checkTransferInit(at: string, init: TransferInit): void {
  checkId(`${at}.id`, init.id)
  checkUserData(`${at}.userData`, init.userData)
  const kind = init.kind ?? 'single'
  if (!KINDS.includes(kind)) throw new LedgerInputError(`${at}.kind`, kind, `one of ${KINDS.join(', ')}`)
  if (isResolve(init)) {
    checkId(`${at}.pendingId`, init.pendingId)
    if (init.amount !== undefined) checkAmount(`${at}.amount`, init.amount)
  } else {
    checkMove(at, init)
  }
}

function checkMove(at: string, init: MoveInit): void {
  checkId(`${at}.debitAccountId`, init.debitAccountId)
  checkId(`${at}.creditAccountId`, init.creditAccountId)
  checkAmount(`${at}.amount`, init.amount)
  checkInteger(`${at}.ledger`, init.ledger, LEDGER_NUMBER_MAX)
  checkInteger(`${at}.code`, init.code, CODE_MAX)
  checkInteger(`${at}.timeoutMs`, init.timeoutMs ?? 0, TIMEOUT_MS_MAX)
}

function checkCount(count: number, itemsMax: number): void {
  if (count > itemsMax)
    throw new LedgerInputError('the list', `${count} items long`, `at most ${itemsMax} long`)
}

/** @throws LedgerInputError if `value` is no integer from 0 to `max`. */
export function checkInteger(field: string, value: unknown, max: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max) return
  throw new LedgerInputError(field, String(value), `an integer from 0 to ${max}`)
}

function checkAmount(field: string, value: unknown): void {
  if (typeof value === 'bigint' && value >= 0n && value <= AMOUNT_MAX) return
  throw new LedgerInputError(field, `${String(value)} (${typeof value})`, `a bigint from 0 to ${AMOUNT_MAX}`)
}

/** @throws LedgerInputError if `text` is too long, holds half a character or a NUL, which SQL's text can't. */
export function checkUserData(field: string, text: unknown): void {
  if (text === undefined) return
  if (typeof text !== 'string' || Buffer.from(text).toString() !== text || text.includes('\0')) {
    throw new LedgerInputError(field, JSON.stringify(text) ?? 'undefined', 'well-formed text without NUL')
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > USER_DATA_BYTES_MAX) {
    throw new LedgerInputError(field, `${bytes} bytes long`, `at most ${USER_DATA_BYTES_MAX} bytes long`)
  }
}
