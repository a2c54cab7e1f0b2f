import { createHash } from 'node:crypto'
import type { Branded, Clock, Random } from '@shardline/core'
import { LedgerInputError } from './errors.ts'

/** Names an account: a UUID in its usual lower-case form, chosen by the caller. */
export type AccountId = Branded<string, 'AccountId'>
/** Names a transfer: a UUID in its usual lower-case form, chosen by the caller. The same id never does a thing twice. */
export type TransferId = Branded<string, 'TransferId'>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** The id with all bits zero: stands for "none" and names nothing. */
export const NO_ID = '00000000-0000-0000-0000-000000000000'
/** Where the version digit of a UUID is. */
const VERSION_POSITION = 14
/** No RFC defines a version 14: ids of it are the ledger's own, so that no caller can take them first. */
const RESERVED_VERSION = 'e'

/** @throws LedgerInputError if `text` is no UUID in lower case. */
export function accountId(text: string): AccountId {
  return checkId('account id', text) as AccountId
}

/** @throws LedgerInputError if `text` is no UUID in lower case. */
export function transferId(text: string): TransferId {
  return checkId('transfer id', text) as TransferId
}

/**
 * A new id that sorts by time (UUID version 7, RFC 9562). Prefer these: neighbours in time are neighbours in the
 * database's indexes, so that a large ledger writes as fast as a small one.
 */
export function timeOrderedId(clock: Pick<Clock, 'now'>, random: Pick<Random, 'bytes'>): TransferId {
  const bytes = Buffer.from(random.bytes(16))
  bytes.writeUIntBE(Math.floor(clock.now()), 0, 6)
  return formatUuid(bytes, 7) as TransferId
}

/**
 * The id that belongs to a name, always the same (UUID version 8 from SHA-256): for example `settle/<request>/fee`.
 * Whoever repeats the work after a crash gets the same id, so it can't be done twice.
 */
export function derivedId(name: string): TransferId {
  return formatUuid(createHash('sha256').update(name).digest(), 8) as TransferId
}

/** Id of the entry that releases an expired hold: derived from the hold's, out of the range that callers may use. */
export function expiryId(pendingId: TransferId): TransferId {
  return formatUuid(createHash('sha256').update(`expire/${pendingId}`).digest(), 14) as TransferId
}

/** Whether an id is one that only the ledger itself gives. */
export function isReservedId(id: string): boolean {
  return id[VERSION_POSITION] === RESERVED_VERSION
}

/** Whether a text is a UUID in lower case. */
export function isId(text: string): boolean {
  return UUID.test(text)
}

/** The 16 bytes of an id. */
export function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

/** @throws LedgerInputError if `text` is no UUID in lower case; `field` names it in the message. */
export function checkId(field: string, text: unknown): string {
  if (typeof text === 'string' && UUID.test(text)) return text
  throw new LedgerInputError(field, JSON.stringify(text) ?? 'undefined', 'a UUID in lower case')
}

function formatUuid(digest: Uint8Array, version: number): string {
  const bytes = Buffer.from(digest.subarray(0, 16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
