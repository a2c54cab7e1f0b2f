import type { ErrorDetails } from '@shardline/core'
import { ShardlineError } from '@shardline/core'

/** A value given to the ledger is not of the kind that its field takes. Rules of bookkeeping are outcomes, not errors. */
export class LedgerInputError extends ShardlineError {
  override readonly name = 'LedgerInputError'
  readonly code = 'LEDGER_INPUT_INVALID'

  constructor(field: string, given: string, allowed: string) {
    super(`${field} is ${given}; it must be ${allowed}`, { details: { field, given, allowed } })
  }
}

/** More accounts or transfers wait to be written than the limit allows. Nothing of the refused call was written. */
export class LedgerBusyError extends ShardlineError {
  override readonly name = 'LedgerBusyError'
  readonly code = 'LEDGER_BUSY'
  override readonly retryable = true

  constructor(waiting: number, limit: number) {
    super(`${waiting} accounts and transfers wait to be written, the limit is ${limit}; try again later`, {
      details: { waiting, limit },
    })
  }
}

/** The ledger was closed. */
export class LedgerClosedError extends ShardlineError {
  override readonly name = 'LedgerClosedError'
  readonly code = 'LEDGER_CLOSED'

  constructor() {
    super('the ledger is closed; open it again')
  }
}

/**
 * The database can't be reached, or went away while it worked.
 * Whether a write that was on its way took place is unknown: send it again with the same ids, it can't happen twice.
 */
export class DatabaseUnavailableError extends ShardlineError {
  override readonly name = 'DatabaseUnavailableError'
  readonly code = 'LEDGER_DATABASE_UNAVAILABLE'
  override readonly retryable = true

  constructor(cause: unknown) {
    super('the database can not be reached, or went away; send the same ids again when it is back', { cause })
  }
}

/** Another process holds the folder of an embedded database open. Two at once would destroy it. */
export class DatabaseInUseError extends ShardlineError {
  override readonly name = 'DatabaseInUseError'
  readonly code = 'LEDGER_DATABASE_IN_USE'

  constructor(folder: string, pid: number) {
    super(
      `process ${pid} has the database in ${folder} open, and only one may; stop it first, or use a copy`,
      {
        details: { folder, pid },
      },
    )
  }
}

/**
 * The data of an embedded database is gone while it was open: its folder was deleted, moved or replaced. What is written
 * from then on would be lost, so it takes nothing more.
 */
export class DatabaseLostError extends ShardlineError {
  override readonly name = 'DatabaseLostError'
  readonly code = 'LEDGER_DATABASE_LOST'

  constructor(where: string) {
    super(
      `the database in ${where} is gone, or another one is in its place; put the folder back and start again`,
      { details: { where } },
    )
  }
}

/** The database holds no ledger, and what was asked for only reads. */
export class LedgerMissingError extends ShardlineError {
  override readonly name = 'LedgerMissingError'
  readonly code = 'LEDGER_MISSING'

  constructor() {
    super('the database holds no ledger; name one that a market or `openLedger` has made')
  }
}

/** A text that is no export of a ledger. */
export class ExportMalformedError extends ShardlineError {
  override readonly name = 'ExportMalformedError'
  readonly code = 'LEDGER_EXPORT_MALFORMED'

  constructor(what: string) {
    super(`not an export of a ledger: ${what}`)
  }
}

/** The database gave up a transaction for a conflict with another one, more often than it is tried again. */
export class TransactionConflictError extends ShardlineError {
  override readonly name = 'TransactionConflictError'
  readonly code = 'LEDGER_TRANSACTION_CONFLICT'
  override readonly retryable = true

  constructor(tries: number, cause: unknown) {
    super(`the database gave the transaction up ${tries} times for conflicts with others; try again later`, {
      details: { tries },
      cause,
    })
  }
}

/** The database refused a statement for a reason that trying again does not change. */
export class DatabaseRefusedError extends ShardlineError {
  override readonly name = 'DatabaseRefusedError'
  readonly code = 'LEDGER_DATABASE_REFUSED'

  constructor(sqlState: string, cause: unknown) {
    super(`the database refused a statement (${sqlState}): ${cause instanceof Error ? cause.message : ''}`, {
      details: { sqlState },
      cause,
    })
  }
}

/** The tables could not be brought to the version of this release. */
export class MigrationFailedError extends ShardlineError {
  override readonly name = 'MigrationFailedError'
  readonly code = 'LEDGER_MIGRATION_FAILED'

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`the ledger's tables can not be brought to the version of this release: ${reason}`, { cause })
  }
}

/** A size, an index or a hash of a proof lies outside of the tree. */
export class ProofRangeError extends ShardlineError {
  override readonly name = 'ProofRangeError'
  readonly code = 'LEDGER_PROOF_RANGE'

  constructor(what: string, details: ErrorDetails = {}) {
    super(`no such proof: ${what}`, { details })
  }
}

/** The tree in the database has a hole: a hash that must be there is missing. */
export class LogDamagedError extends ShardlineError {
  override readonly name = 'LogDamagedError'
  readonly code = 'LEDGER_LOG_DAMAGED'

  constructor(what: string, details: ErrorDetails = {}) {
    super(`the log is damaged: ${what}; verify the ledger`, { details })
  }
}

/** Text that is no signed note, or a note whose text is no checkpoint. */
export class NoteMalformedError extends ShardlineError {
  override readonly name = 'NoteMalformedError'
  readonly code = 'LEDGER_NOTE_MALFORMED'

  constructor(what: string) {
    super(`not a signed checkpoint: ${what}`)
  }
}

/** No valid signature of an expected key stands under a note. */
export class NoteSignatureError extends ShardlineError {
  override readonly name = 'NoteSignatureError'
  readonly code = 'LEDGER_NOTE_SIGNATURE'

  constructor(keyName: string) {
    super(`the note has no valid signature of ${keyName}`, { details: { keyName } })
  }
}

/** A checkpoint was asked for, but the ledger was opened without a signer. */
export class SignerMissingError extends ShardlineError {
  override readonly name = 'SignerMissingError'
  readonly code = 'LEDGER_SIGNER_MISSING'

  constructor() {
    super('the ledger was opened without a signer; open it with one to sign checkpoints')
  }
}
