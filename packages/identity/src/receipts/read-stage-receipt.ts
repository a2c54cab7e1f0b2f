import type { PartyId } from '../party-id.ts'
import type { ReceiptRole, StageReceipt } from './stage-receipt.ts'

const ROLES: readonly ReceiptRole[] = ['driver', 'worker', 'validator']
const KEYS = 'fence layers model node numericClass outputTokens promptTokens request role root'
const LAYERS_KEYS = 'first last'

/**
 * Reads the body of a receipt that may come from anyone; undefined unless it has exactly the fields of one, each of its
 * type. What they say is the caller's to judge.
 */
export function readStageReceipt(value: unknown): StageReceipt | undefined {
  if (!hasKeys(value, KEYS)) return undefined
  const { request, node, model, numericClass, root, fence, promptTokens, outputTokens } = value
  const role = ROLES.find((one) => one === value['role'])
  const layers = readLayers(value['layers'])
  if (role === undefined || layers === undefined) return undefined
  if (![request, node, model, numericClass, root].every((text) => typeof text === 'string')) return undefined
  if (![fence, promptTokens, outputTokens].every((number) => typeof number === 'number')) return undefined
  return {
    request: request as string,
    fence: fence as number,
    role,
    node: node as PartyId,
    layers,
    model: model as string,
    numericClass: numericClass as string,
    promptTokens: promptTokens as number,
    outputTokens: outputTokens as number,
    root: root as string,
  }
}

function readLayers(value: unknown): StageReceipt['layers'] | undefined {
  if (value === null) return null
  if (!hasKeys(value, LAYERS_KEYS)) return undefined
  const { first, last } = value
  return typeof first === 'number' && typeof last === 'number' ? { first, last } : undefined
}

function hasKeys(value: unknown, keys: string): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.keys(value).toSorted().join(' ') === keys
}
