import type { PartyId, StageReceipt } from '@shardline/identity'
import type { ModelId, RequestId } from '../ids.ts'
import type { Participants } from '../request/request.ts'
import { layerFault } from './layer-fault.ts'

/** What was agreed when the request started: who may hand in receipts, and for what. */
export interface ReceiptPlan {
  readonly request: RequestId
  readonly model: ModelId
  readonly numericClass: string
  readonly driver: PartyId
  readonly participants: Participants
  /** Tokens that the user asked for at the most. */
  readonly promptTokensMax: number
  readonly outputTokensMax: number
}

/** What {@link checkReceipts} looks at. */
export interface ReceiptCheck {
  readonly plan: ReceiptPlan
  readonly receipts: readonly StageReceipt[]
  /** The request's current fence. */
  readonly fence: number
  /** Layers of the model. */
  readonly layerCount: number
}

/** Why receipts don't count, in the order in which it is looked for. */
export type ReceiptRefusal =
  | 'other-request'
  | 'stale-fence'
  | 'foreign-node'
  | 'other-model'
  | 'other-numeric-class'
  | 'malformed'
  | 'doubled'
  | 'layers-not-planned'
  | 'missing'
  | 'gap'
  | 'overlap'
  | 'counts-differ'
  | 'counts-above-asked'

/** What a set of receipts shows, or why it shows nothing. */
export type ReceiptOutcome =
  | { readonly ok: true; readonly promptTokens: number; readonly outputTokens: number }
  | {
      readonly ok: false
      readonly refusal: ReceiptRefusal
      /** Whose receipt it is about; undefined when it's about all of them. */
      readonly node: PartyId | undefined
    }

/**
 * Whether receipts show that a request was served: exactly one from its driver, one from its validator and one for each
 * planned range of layers, all under the current fence and with the same token counts, the ranges covering every layer
 * once. The first refusal is the outcome.
 *
 * Signatures are the caller's to check, first: here a receipt is taken for its `node`'s own.
 */
export function checkReceipts({ plan, receipts, fence, layerCount }: ReceiptCheck): ReceiptOutcome {
  const seen = new Set<string>()
  for (const receipt of receipts) {
    const refusal = brokenRule(plan, receipt, fence)
    if (refusal !== undefined) return { ok: false, refusal, node: receipt.node }
    const key = keyOf(receipt.role, receipt.node, receipt.layers)
    if (seen.has(key)) return { ok: false, refusal: 'doubled', node: receipt.node }
    seen.add(key)
  }
  return checkWhole(plan, receipts, layerCount)
}

function brokenRule(plan: ReceiptPlan, receipt: StageReceipt, fence: number): ReceiptRefusal | undefined {
  if (receipt.request !== plan.request) return 'other-request'
  if (receipt.fence !== fence) return 'stale-fence'
  if (!isParticipant(plan, receipt)) return 'foreign-node'
  if (receipt.model !== plan.model) return 'other-model'
  if (receipt.numericClass !== plan.numericClass) return 'other-numeric-class'
  if (!isWellFormed(receipt)) return 'malformed'
  return undefined
}

function isParticipant({ driver, participants }: ReceiptPlan, { role, node }: StageReceipt): boolean {
  if (role === 'driver') return node === driver
  if (role === 'validator') return node === participants.validator
  return participants.workers.some((worker) => worker.node === node)
}

const ROOT = /^[0-9a-f]{64}$/
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

function isWellFormed({ role, layers, promptTokens, outputTokens, root }: StageReceipt): boolean {
  const hasLayers = layers !== null && isCount(layers.first) && isCount(layers.last)
  if (role === 'worker' ? !hasLayers : layers !== null) return false
  return isCount(promptTokens) && isCount(outputTokens) && ROOT.test(root)
}

function keyOf(role: string, node: PartyId, layers: StageReceipt['layers']): string {
  return `${role} ${node} ${layers === null ? '' : `${layers.first}-${layers.last}`}`
}

function checkWhole(
  plan: ReceiptPlan,
  receipts: readonly StageReceipt[],
  layerCount: number,
): ReceiptOutcome {
  const first = receipts[0]
  if (first === undefined) return { ok: false, refusal: 'missing', node: plan.driver }
  const layers = checkLayers(plan, receipts, layerCount)
  if (layers !== undefined) return layers
  for (const [role, node] of [
    ['driver', plan.driver],
    ['validator', plan.participants.validator],
  ] as const) {
    if (!receipts.some((receipt) => receipt.role === role)) return { ok: false, refusal: 'missing', node }
  }
  const { promptTokens, outputTokens } = first
  const other = receipts.find((it) => it.promptTokens !== promptTokens || it.outputTokens !== outputTokens)
  if (other !== undefined) return { ok: false, refusal: 'counts-differ', node: other.node }
  if (promptTokens > plan.promptTokensMax || outputTokens > plan.outputTokensMax) {
    return { ok: false, refusal: 'counts-above-asked', node: undefined }
  }
  return { ok: true, promptTokens, outputTokens }
}

/** Gap and overlap come before ranges that nobody planned, because they say more about what is wrong. */
function checkLayers(
  { participants }: ReceiptPlan,
  receipts: readonly StageReceipt[],
  layerCount: number,
): ReceiptOutcome | undefined {
  const ran = receipts.flatMap(({ node, layers }) => (layers === null ? [] : [{ node, ...layers }]))
  if (participants.workers.length > 0 || ran.length > 0) {
    const fault = layerFault(ran, layerCount)
    if (fault !== undefined) return { ok: false, refusal: fault.kind, node: fault.node }
  }
  for (const { node, first, last } of ran) {
    const isPlanned = participants.workers.some(
      (worker) => worker.node === node && worker.first === first && worker.last === last,
    )
    if (!isPlanned) return { ok: false, refusal: 'layers-not-planned', node }
  }
  return undefined
}
