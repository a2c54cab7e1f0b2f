import { readStageReceipt } from '@shardline/identity'
import type { StageReceipt } from '@shardline/identity'
import { NUMERIC_CLASS_PATTERN } from '../node/class-patterns.ts'

/** Receipts are kept as evidence: they must not carry text. */
const NUMERIC_CLASS = new RegExp(NUMERIC_CLASS_PATTERN)
/** Whoever a refusal names must have been named by an id. */
const NODE = /^[a-z0-9]{1,90}$/

/**
 * Reads the body of a receipt that somebody signed; undefined unless it has exactly the fields of one, each of its
 * type, and none with room for words. What they say is for `checkReceipts` to judge.
 */
export function readReceiptBody(value: unknown): StageReceipt | undefined {
  const receipt = readStageReceipt(value)
  if (receipt === undefined) return undefined
  return NUMERIC_CLASS.test(receipt.numericClass) && NODE.test(receipt.node) ? receipt : undefined
}
