import type { PartyId } from '@shardline/identity'
import type { ModelId, RequestId } from '../ids.ts'
import { NUMERIC_CLASS_PATTERN } from '../node/class-patterns.ts'
import { ROLES } from '../node/listing.ts'
import type { StageReceiptBody } from './receipt.ts'

const KEYS = 'fence layers model node numericClass outputTokens promptTokens request role root'
const LAYERS_KEYS = 'first last'
/** Receipts are kept as evidence: they must not carry text. */
const NUMERIC_CLASS = new RegExp(NUMERIC_CLASS_PATTERN)
/** Whoever a refusal names must have been named by an id. */
const NODE = /^[a-z0-9]{1,90}$/

/**
 * Reads the body of a receipt that somebody signed; undefined unless it has exactly the fields of one, each of its
 * type, and none with room for words. What they say is for `checkReceipts` to judge.
 */
export function readReceiptBody(value: unknown): StageReceiptBody | undefined {
  if (!hasKeys(value, KEYS)) return undefined
  const { request, node, model, numericClass, root, role, fence, promptTokens, outputTokens } = value
  const texts = [request, node, model, numericClass, root]
  const numbers = [fence, promptTokens, outputTokens]
  const known = ROLES.find((one) => one === role)
  const layers = readLayers(value['layers'])
  if (known === undefined || layers === undefined) return undefined
  if (!texts.every((text) => typeof text === 'string')) return undefined
  if (!NUMERIC_CLASS.test(String(numericClass)) || !NODE.test(String(node))) return undefined
  if (!numbers.every((number) => typeof number === 'number')) return undefined
  return {
    request: request as RequestId,
    fence: fence as number,
    role: known,
    node: node as PartyId,
    layers,
    model: model as ModelId,
    numericClass: numericClass as string,
    promptTokens: promptTokens as number,
    outputTokens: outputTokens as number,
    root: root as string,
  }
}

function readLayers(value: unknown): StageReceiptBody['layers'] | undefined {
  if (value === null) return null
  if (!hasKeys(value, LAYERS_KEYS)) return undefined
  const { first, last } = value
  return typeof first === 'number' && typeof last === 'number' ? { first, last } : undefined
}

function hasKeys(value: unknown, keys: string): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.keys(value).toSorted().join(' ') === keys
}
