import type { Hash } from '../merkle/hash.ts'
import type { PublicKey } from '../merkle/signer.ts'

/** Something that is not as the log says. */
export interface LedgerFault {
  /** Where. `entry`: a row or its leaf; the others are what is kept beside the log. */
  readonly part: 'entry' | 'balance' | 'hold' | 'node' | 'state' | 'checkpoint' | 'count'
  /** Place in the log of the entry that is bad, or that the bad thing belongs to. */
  readonly logIndex: bigint | undefined
  /** Id of the account, transfer or hold; empty where there is none. */
  readonly id: string
  readonly what: string
}

/** What `verifyLedger` found. */
export interface VerifyReport {
  readonly isIntact: boolean
  /** Entries read. */
  readonly entries: bigint
  /** Root over them, as computed from the rows. */
  readonly root: Hash
  /** The first fault in the order of the log: a bad entry, before anything that is kept beside the log. */
  readonly fault: LedgerFault | undefined
  /** Checkpoints that were compared: their signatures hold and their roots are the tree's. */
  readonly checkpoints: number
}

/** What `verifyLedger` compares the ledger with. */
export interface VerifyOptions {
  /** Key of the ledger's signer: stored checkpoints must be signed by it. Without it, they aren't looked at. */
  readonly key?: PublicKey
  /** Signed checkpoints that were kept elsewhere: what a rewritten ledger can't agree with. Need `key`. @default [] */
  readonly notes?: readonly string[]
}
