import type { PartyId } from '@shardline/identity'
import type { AnswerFields } from './answer-fields.ts'
import type { NodeWork } from './node-work.ts'

/** A node of a market that can be dialed. */
export interface MarketNode {
  readonly node: PartyId
  /** Without its id. */
  readonly address: string
  readonly region: string | undefined
  /** Undefined if it never said. */
  readonly work: NodeWork | undefined
  /** Lowest price of a model at which it works, in microcredits per 1,000,000 tokens; undefined works at any. */
  readonly priceFloor: bigint | undefined
  /** Answers that it was part of, and that ended well. */
  readonly completed: number
}

/** @throws MarketAnswerError */
export function readNode(fields: AnswerFields): MarketNode {
  return {
    node: fields.party('node'),
    address: fields.text('address'),
    region: fields.maybe('region', (from) => from.text('region')),
    work: fields.maybe('work', (from) => readWork(from.fields('work'))),
    priceFloor: fields.maybe('priceFloor', (from) => from.whole('priceFloor')),
    completed: fields.fields('reputation').number('completed'),
  }
}

function readWork(fields: AnswerFields): NodeWork {
  return {
    numericClass: fields.text('numericClass'),
    memoryBytes: fields.number('memoryBytes'),
    decodeMs: fields.number('decodeMs'),
  }
}
