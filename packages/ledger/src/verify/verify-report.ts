import type { Hash } from '@shardline/core'
import type { Checkpoint } from '../merkle/checkpoint.ts'
import type { PublicKey } from '../merkle/signer.ts'

/** Something that is not as the log says. */
export interface LedgerFault {
  /** Where. `entry`: a row or its leaf; the others are what is kept beside the log. */
  readonly part: 'entry' | 'balance' | 'hold' | 'node' | 'state' | 'checkpoint' | 'count'
  /** Place in the log of the entry that is bad, or that the bad thing belongs to. */
  readonly logIndex: bigint | undefined
  /** Id of the account, transfer or hold; empty where there is none. */
  readonly id: string
  /** The column or field that is bad; `row` where a hash tells only that one of the row's fields was changed. */
  readonly field: string
  readonly what: string
}

/** What a verification found. */
export interface VerifyReport {
  readonly isIntact: boolean
  /** Entries read. */
  readonly entries: bigint
  /** Root over them, as computed from the rows. */
  readonly root: Hash
  /** The first fault in the order of the log: a bad entry, before anything that is kept beside the log. */
  readonly fault: LedgerFault | undefined
  /** Checkpoints that were compared: their roots are the tree's, and with `key` their signatures hold. */
  readonly checkpoints: number
  /** The largest of these. */
  readonly checkpoint: Checkpoint | undefined
}

/** What a ledger or an export of one is compared with, and how the work is watched. */
export interface VerifyOptions {
  /** Key of the ledger's signer: stored checkpoints must be signed by it. Without it, only their roots are compared. */
  readonly key?: PublicKey
  /** Signed checkpoints that were kept elsewhere: what a rewritten ledger can't agree with. Need `key`. @default [] */
  readonly notes?: readonly string[]
  /** Checkpoints that are trusted for another reason, such as the signature of a witness. @default [] */
  readonly trusted?: readonly Checkpoint[]
  /** Told now and then how many entries were verified, and how many there are said to be. */
  readonly onProgress?: (entries: bigint, total: bigint) => void
  /** Ends the work early. */
  readonly signal?: AbortSignal
}
