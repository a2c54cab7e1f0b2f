import { fromUnknown } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { verifyStageReceipt } from '@shardline/identity'
import type { SignedStageReceipt, StageReceipt } from '@shardline/identity'
import { ReceiptsUnverifiedError } from './market-errors.ts'
import type { MarketRequest } from './market-request.ts'

/** Receipts of a request that hold. */
export interface CheckedReceipts {
  /** The driver's, those of the workers in the order of their layers, the validator's. */
  readonly receipts: readonly SignedStageReceipt[]
  /** Layers of the model, each covered once. */
  readonly layerCount: number
}

/**
 * Checks the receipts of a paid request as its user, without believing the market: each is signed by the party that it
 * names, for this request, claim and model; everybody counts the same tokens, which are those that were delivered; the
 * driver and the validator signed one each, and the workers' layers cover the model once; and nobody else was paid.
 *
 * @throws ReceiptsUnverifiedError
 */
export async function checkReceipts(
  request: MarketRequest,
  receipts: readonly unknown[],
  clock: Pick<Clock, 'now'>,
): Promise<CheckedReceipts> {
  const refuse = (why: string): ReceiptsUnverifiedError => new ReceiptsUnverifiedError(request.id, why)
  const { participants, driver } = request
  if (participants === undefined) throw refuse('nobody is named who took part')
  const signed: SignedStageReceipt[] = []
  for (const receipt of receipts) {
    try {
      signed.push(await verifyStageReceipt(receipt, clock))
    } catch (cause) {
      throw refuse(fromUnknown(cause).message)
    }
  }
  const bodies = signed.map(({ body }) => body)
  const wrong = bodies.map((body) => faultOf(body, request)).find((fault) => fault !== undefined)
  if (wrong !== undefined) throw refuse(wrong)
  const drivers = bodies.filter(({ role }) => role === 'driver')
  const validators = bodies.filter(({ role }) => role === 'validator')
  if (drivers.length !== 1 || drivers[0]?.node !== driver) throw refuse("the driver's is not there once")
  if (validators.length !== 1 || validators[0]?.node !== participants.validator) {
    throw refuse("the validator's is not there once")
  }
  const workers = bodies
    .filter(({ role }) => role === 'worker')
    .toSorted((one, other) => (one.layers?.first ?? 0) - (other.layers?.first ?? 0))
  const gap = layerFault(workers, participants.layerCount)
  if (gap !== undefined) throw refuse(gap)
  const nodes = new Set(bodies.map(({ node }) => node))
  const stranger = request.settlement?.payouts.find(({ node }) => !nodes.has(node))
  if (stranger !== undefined) throw refuse(`${stranger.node} was paid, and signed none`)
  const inOrder = [...drivers, ...workers, ...validators]
  return {
    receipts: inOrder.flatMap((body) => signed.filter((receipt) => receipt.body === body)),
    layerCount: participants.layerCount,
  }
}

function faultOf(body: StageReceipt, { id, fence, model, delivered }: MarketRequest): string | undefined {
  const whose = `the ${body.role}'s`
  if (body.request !== id) return `${whose} is for request ${body.request}`
  if (body.fence !== fence) return `${whose} is for claim ${body.fence}; delivered was claim ${fence}`
  if (body.model !== model) return `${whose} is for model ${body.model}`
  if (body.promptTokens !== delivered.prompt || body.outputTokens !== delivered.output) {
    return `${whose} counts ${body.promptTokens} and ${body.outputTokens} tokens; delivered were ${delivered.prompt} and ${delivered.output}`
  }
  return undefined
}

/** Zero workers is a driver that ran all layers itself. */
function layerFault(workers: readonly StageReceipt[], layerCount: number): string | undefined {
  if (workers.length === 0) return undefined
  let next = 0
  for (const { layers } of workers) {
    if (layers === null || layers.first !== next || layers.last < layers.first) {
      return `layer ${next} is not covered once`
    }
    next = layers.last + 1
  }
  return next === layerCount ? undefined : `layers up to ${next - 1} of ${layerCount} are covered`
}
