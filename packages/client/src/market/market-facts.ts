import type { PartyId } from '@shardline/identity'
import type { AnswerFields } from './answer-fields.ts'

/** Whose market this is. */
export interface MarketFacts {
  readonly id: PartyId
  /** The market's clock, in milliseconds since 1970. */
  readonly timeMs: number
  /** Key under the checkpoints of its ledger, as in `name+keyid+key`; undefined when it signs none. */
  readonly logKey: string | undefined
}

/** @throws MarketAnswerError */
export function readFacts(fields: AnswerFields): MarketFacts {
  return {
    id: fields.party('id'),
    timeMs: fields.number('timeMs'),
    logKey: fields.maybe('logKey', (from) => from.text('logKey')),
  }
}
