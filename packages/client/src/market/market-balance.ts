import type { PartyId } from '@shardline/identity'
import type { AnswerFields } from './answer-fields.ts'

/** What a party has on a market, in microcredits. */
export interface MarketBalance {
  readonly party: PartyId
  /** Free to spend. */
  readonly available: bigint
  /** Held for open requests. */
  readonly held: bigint
}

/** @throws MarketAnswerError */
export function readBalance(fields: AnswerFields): MarketBalance {
  return {
    party: fields.party('party'),
    available: fields.whole('available'),
    held: fields.whole('held'),
  }
}
