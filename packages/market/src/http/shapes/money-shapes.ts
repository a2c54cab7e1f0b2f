import { PROOF_HASHES_MAX } from '@shardline/core'
import type { ConsistencyProof, InclusionProof } from '@shardline/core'
import type { Balance } from '../../market.ts'
import { hashText, partyIdText, wholeText } from './parts.ts'
import { list, record, shape } from './shape.ts'
import type { Shape } from './shape.ts'

/** What a party has. */
export const balanceShape: Shape<Balance> = shape<Balance>()(
  record(
    { party: partyIdText, available: wholeText, held: wholeText },
    { title: 'Balance', description: 'microcredits' },
  ),
)

/** A proof as it travels: hashes in hex. */
export type ProofJson<P extends InclusionProof | ConsistencyProof> = Omit<P, 'hashes'> & {
  readonly hashes: readonly string[]
}

/** That an entry is in the log. */
export const inclusionProofShape: Shape<ProofJson<InclusionProof>> = shape<ProofJson<InclusionProof>>()(
  record({ index: wholeText, size: wholeText, hashes: list(hashText, PROOF_HASHES_MAX) }),
)

/** That the log only grew. */
export const consistencyProofShape: Shape<ProofJson<ConsistencyProof>> = shape<ProofJson<ConsistencyProof>>()(
  record({ fromSize: wholeText, toSize: wholeText, hashes: list(hashText, PROOF_HASHES_MAX) }),
)
