import type { AccountId, TransferId } from '../ids.ts'
import { isId } from '../ids.ts'
import { ExportMalformedError } from '../errors.ts'
import { ACCOUNT_LIMIT_NUMBERS, FAILURE_NUMBERS, TRANSFER_KIND_NUMBERS } from '../log/entry-bytes.ts'
import type { FailureRecord, LogEntry } from '../log/log-entry.ts'
import type { AccountRecord } from '../account.ts'
import type { TransferRecord } from '../transfer.ts'
import { readBigint, readInteger, readName, readText } from './read-field.ts'
import type { JsonFields } from './read-field.ts'

/** The fields of an entry as exports have them. Numbers that can outgrow 2^53 are texts; amounts are microcredits. */
export function entryFields(entry: LogEntry): JsonFields {
  switch (entry.type) {
    case 'account':
      return accountFields(entry.record)
    case 'transfer':
      return transferFields(entry.record)
    case 'failure': {
      const { id, status, timestampNs } = entry.record
      return { type: 'failure', id, status, timestamp_ns: String(timestampNs) }
    }
  }
}

function accountFields(record: AccountRecord): JsonFields {
  return {
    type: 'account',
    id: record.id,
    ledger: record.ledger,
    code: record.code,
    limit: record.limit,
    user_data: record.userData,
    timestamp_ns: String(record.timestampNs),
  }
}

function transferFields(record: TransferRecord): JsonFields {
  return {
    type: 'transfer',
    id: record.id,
    kind: record.kind,
    debit_account_id: record.debitAccountId,
    credit_account_id: record.creditAccountId,
    amount: String(record.amount),
    ledger: record.ledger,
    code: record.code,
    pending_id: record.pendingId ?? null,
    timeout_ms: record.timeoutMs,
    user_data: record.userData,
    timestamp_ns: String(record.timestampNs),
  }
}

/** @throws ExportMalformedError if a field is missing, or none that can be. */
export function readEntryFields(fields: JsonFields): LogEntry {
  switch (fields['type']) {
    case 'account':
      return { type: 'account', record: readAccount(fields) }
    case 'transfer':
      return { type: 'transfer', record: readTransfer(fields) }
    case 'failure':
      return { type: 'failure', record: readFailure(fields) }
    default:
      throw new ExportMalformedError('a line has no known type')
  }
}

function readAccount(fields: JsonFields): AccountRecord {
  return {
    id: readId(fields, 'id') as AccountId,
    ledger: readInteger(fields, 'ledger'),
    code: readInteger(fields, 'code'),
    limit: readName(fields, 'limit', ACCOUNT_LIMIT_NUMBERS),
    userData: readText(fields, 'user_data'),
    timestampNs: readBigint(fields, 'timestamp_ns'),
  }
}

function readTransfer(fields: JsonFields): TransferRecord {
  return {
    id: readId(fields, 'id') as TransferId,
    kind: readName(fields, 'kind', TRANSFER_KIND_NUMBERS),
    debitAccountId: readId(fields, 'debit_account_id') as AccountId,
    creditAccountId: readId(fields, 'credit_account_id') as AccountId,
    amount: readBigint(fields, 'amount'),
    ledger: readInteger(fields, 'ledger'),
    code: readInteger(fields, 'code'),
    pendingId: fields['pending_id'] === null ? undefined : (readId(fields, 'pending_id') as TransferId),
    timeoutMs: readInteger(fields, 'timeout_ms'),
    userData: readText(fields, 'user_data'),
    timestampNs: readBigint(fields, 'timestamp_ns'),
  }
}

function readFailure(fields: JsonFields): FailureRecord {
  return {
    id: readId(fields, 'id'),
    status: readName(fields, 'status', FAILURE_NUMBERS),
    timestampNs: readBigint(fields, 'timestamp_ns'),
  }
}

function readId(fields: JsonFields, name: string): string {
  const id = readText(fields, name)
  if (isId(id)) return id
  throw new ExportMalformedError(`${name} is no id`)
}
