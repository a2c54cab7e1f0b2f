import { PROOF_HASHES_MAX } from '@shardline/core'
import type { DriverKeyEntry, DriverKeyProofJson } from '@shardline/identity'
import { Type } from '@sinclair/typebox'
import type { TInteger, TString } from '@sinclair/typebox'
import { PAGE_ITEMS_MAX } from '../../limits.ts'
import { partyIdText } from './parts.ts'
import { list, record, shape, text, whole } from './shape.ts'
import type { Shape } from './shape.ts'

/** A number of entries, or the place of one. */
export const entryCount: TInteger = whole(0, Number.MAX_SAFE_INTEGER)
const hash: TString = text('^[A-Za-z0-9_-]{43}$', 43, '32 bytes in base64url')
const timeMs: TInteger = whole(0, Number.MAX_SAFE_INTEGER, 'milliseconds since 1970, UTC')

/** A driver's key with the driver's signature. */
export const driverKeyEntryShape: Shape<DriverKeyEntry> = shape<DriverKeyEntry>()(
  record(
    {
      driverId: partyIdText,
      sequence: whole(0, Number.MAX_SAFE_INTEGER, "counts the driver's keys"),
      encryptionKey: text('^[A-Za-z0-9_-]{43}$', 43, 'X25519 key, 32 bytes in base64url'),
      validFromMs: timeMs,
      validUntilMs: timeMs,
      signature: text('^[A-Za-z0-9_-]{86}$', 86, "the driver's, 64 bytes in base64url"),
    },
    { title: 'DriverKeyEntry' },
  ),
)

/** A driver's newest key, and what shows that it is. */
export interface DriverKeyReply {
  readonly proof: DriverKeyProofJson
  /** Signed by the market. */
  readonly checkpoint: string
}

/** A driver's newest key, its proof, and the checkpoint that the proof is for. */
export const driverKeyReplyShape: Shape<DriverKeyReply> = shape<DriverKeyReply>()(
  record({
    proof: record({
      entry: driverKeyEntryShape,
      index: entryCount,
      hashes: list(hash, PROOF_HASHES_MAX, 'audit path, the sibling first'),
    }),
    checkpoint: Type.String({ description: 'signed, as C2SP tlog-checkpoint has it' }),
  }),
)

/** That the log of driver keys only grew. */
export interface DriverKeyConsistencyReply {
  readonly fromSize: number
  readonly toSize: number
  readonly hashes: readonly string[]
}

/** That the log of driver keys only grew. */
export const driverKeyConsistencyShape: Shape<DriverKeyConsistencyReply> = shape<DriverKeyConsistencyReply>()(
  record({ fromSize: entryCount, toSize: entryCount, hashes: list(hash, PROOF_HASHES_MAX) }),
)

/** A page of the log of driver keys. */
export interface DriverKeyEntryList {
  readonly entries: readonly DriverKeyEntry[]
}

/** A page of the log of driver keys, in its order. */
export const driverKeyEntryListShape: Shape<DriverKeyEntryList> = shape<DriverKeyEntryList>()(
  record({ entries: list(driverKeyEntryShape, PAGE_ITEMS_MAX) }),
)
