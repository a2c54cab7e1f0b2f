import { hashLeaf } from '@shardline/core'
import type { Hash } from '@shardline/core'
import type { AccountLimit, AccountRecord } from '../account.ts'
import { NO_ID, idBytes } from '../ids.ts'
import type { TransferKind, TransferRecord, TransientStatus } from '../transfer.ts'
import type { FailureRecord, LogEntry } from './log-entry.ts'

/** Numbers of kinds, as they are stored and hashed. They never change. */
export const TRANSFER_KIND_NUMBERS: Readonly<Record<TransferKind, number>> = {
  single: 1,
  pending: 2,
  post: 3,
  void: 4,
  expire: 5,
}

/** Numbers of limits, as they are stored and hashed. They never change. */
export const ACCOUNT_LIMIT_NUMBERS: Readonly<Record<AccountLimit, number>> = {
  none: 0,
  debits_must_not_exceed_credits: 1,
  credits_must_not_exceed_debits: 2,
}

/** Numbers of failures, as they are stored and hashed. They never change. */
export const FAILURE_NUMBERS: Readonly<Record<TransientStatus, number>> = {
  debit_account_not_found: 1,
  credit_account_not_found: 2,
  pending_transfer_not_found: 3,
  exceeds_credits: 4,
  exceeds_debits: 5,
}

/** First byte of an entry: what it is. Stored as the entry's type too. */
export const ENTRY_TYPE_NUMBERS: Readonly<Record<LogEntry['type'], number>> = {
  account: 1,
  transfer: 2,
  failure: 3,
}

const ACCOUNT_BYTES = 32
const TRANSFER_BYTES = 96
const FAILURE_BYTES = 26

/**
 * The bytes of an entry that its leaf hashes: fixed fields, big-endian, then the user data. One entry has one form.
 *
 *     account   type u8, id 16, ledger u32, code u16, limit u8, time u64, user data
 *     transfer  type u8, id 16, kind u8, debit 16, credit 16, amount u64, ledger u32, code u16, pending id 16,
 *               timeout u64, time u64, user data
 *     failure   type u8, id 16, status u8, time u64
 */
export function entryBytes(entry: LogEntry): Uint8Array {
  switch (entry.type) {
    case 'account':
      return accountBytes(entry.record)
    case 'transfer':
      return transferBytes(entry.record)
    case 'failure':
      return failureBytes(entry.record)
  }
}

/** Leaf hash of an entry. */
export function hashEntry(entry: LogEntry): Hash {
  return hashLeaf(entryBytes(entry))
}

function accountBytes(record: AccountRecord): Uint8Array {
  const bytes = Buffer.alloc(ACCOUNT_BYTES + Buffer.byteLength(record.userData))
  bytes[0] = ENTRY_TYPE_NUMBERS.account
  writeId(bytes, 1, record.id)
  bytes.writeUInt32BE(record.ledger, 17)
  bytes.writeUInt16BE(record.code, 21)
  bytes[23] = ACCOUNT_LIMIT_NUMBERS[record.limit]
  bytes.writeBigUInt64BE(record.timestampNs, 24)
  bytes.write(record.userData, ACCOUNT_BYTES)
  return bytes
}

function transferBytes(record: TransferRecord): Uint8Array {
  const bytes = Buffer.alloc(TRANSFER_BYTES + Buffer.byteLength(record.userData))
  bytes[0] = ENTRY_TYPE_NUMBERS.transfer
  writeId(bytes, 1, record.id)
  bytes[17] = TRANSFER_KIND_NUMBERS[record.kind]
  writeId(bytes, 18, record.debitAccountId)
  writeId(bytes, 34, record.creditAccountId)
  bytes.writeBigUInt64BE(record.amount, 50)
  bytes.writeUInt32BE(record.ledger, 58)
  bytes.writeUInt16BE(record.code, 62)
  writeId(bytes, 64, record.pendingId ?? NO_ID)
  bytes.writeBigUInt64BE(BigInt(record.timeoutMs), 80)
  bytes.writeBigUInt64BE(record.timestampNs, 88)
  bytes.write(record.userData, TRANSFER_BYTES)
  return bytes
}

function failureBytes(record: FailureRecord): Uint8Array {
  const bytes = Buffer.alloc(FAILURE_BYTES)
  bytes[0] = ENTRY_TYPE_NUMBERS.failure
  writeId(bytes, 1, record.id)
  bytes[17] = FAILURE_NUMBERS[record.status]
  bytes.writeBigUInt64BE(record.timestampNs, 18)
  return bytes
}

function writeId(bytes: Buffer, offset: number, id: string): void {
  idBytes(id).copy(bytes, offset)
}
