import { fromUnknown } from '@shardline/core'
import type { Milliseconds } from '@shardline/core'
import { partyIdOf } from '@shardline/identity'
import { formatPeerAddress } from '@shardline/node'
import type { EnlistMessage, Peer } from '@shardline/wire'
import type { StageRequirement } from '../check-description.ts'
import { StageLostError, StageSilentError, StageUnreachableError } from '../errors.ts'
import { meetStage } from '../meet-stage.ts'
import type { FormationComponents, Met } from '../meet-stage.ts'
import { ModelWeights } from '../model-weights.ts'
import type { StageLink } from '../stage-link.ts'
import { dialAddresses } from './dial-addresses.ts'
import type { EnlistedNode } from './enlisted-node.ts'
import { EnlistUnexpectedError, EnlistUnreachableError, EnlistUnsuitableError } from './enlist-errors.ts'

/** Options of {@link probeNode}. */
export interface ProbeOptions extends Pick<StageRequirement, 'precision'> {
  readonly model: StageRequirement['model'] & { readonly reference: string }
  readonly dialMsMax: Milliseconds
  readonly describeMsMax: Milliseconds
  readonly signal: AbortSignal
}

/**
 * Dials a node that would enlist, under the key that it proved at the door, and asks what it is: it has to be reached by the
 * driver as it would be as a stage. A node that was never asked before measures itself now.
 *
 * @throws EnlistUnreachableError, EnlistUnsuitableError, EnlistUnexpectedError, StageSilentError, StageLostError, AbortedError.
 */
export async function probeNode(
  components: FormationComponents,
  { peer, message }: { readonly peer: Peer; readonly message: EnlistMessage },
  options: ProbeOptions,
): Promise<EnlistedNode> {
  const { role, publicKey } = peer
  if (role !== 'worker' && role !== 'validator') throw new EnlistUnexpectedError(`a ${role} dialed it`)
  if (publicKey === undefined) throw new EnlistUnexpectedError('the link proves nobody')
  const { models } = message
  const { reference } = options.model
  if (models.length > 0 && !models.includes(reference)) {
    throw new EnlistUnsuitableError(
      `it serves ${models.join(', ')}, and this driver answers with ${reference}`,
    )
  }
  const addresses = dialAddresses(message.addresses, peer.address)
  let failure: unknown
  for (const address of addresses) {
    try {
      const place = { role, index: 0, address: formatPeerAddress(address, publicKey) }
      const { description } = await describe(components, place, options)
      const { numericClass, memory, speed } = description
      const memoryBytes = Math.min(memory.freeBytes, message.memoryBytes)
      const work = { numericClass, memoryBytes, decodeMs: speed.decodeMs }
      return { role, name: description.node, node: partyIdOf(publicKey), address, work }
    } catch (cause) {
      if (options.signal.aborted) throw fromUnknown(cause)
      // Who is slow just now, or is lost while it is asked, may come again.
      if (cause instanceof StageSilentError || cause instanceof StageLostError) throw cause
      if (!(cause instanceof StageUnreachableError)) {
        throw new EnlistUnsuitableError(fromUnknown(cause).message, cause)
      }
      failure = cause
    }
  }
  throw new EnlistUnreachableError(addresses.length > 0 ? addresses : message.addresses, failure)
}

async function describe(
  components: FormationComponents,
  place: Parameters<typeof meetStage>[1],
  options: ProbeOptions,
): Promise<Met> {
  const links: StageLink[] = []
  // Who holds the model is noted when the pipeline is formed.
  const weights = new ModelWeights({ digest: options.model.digest, list: undefined, log: components.log })
  try {
    return await meetStage(components, place, { ...options, weights, onLink: (link) => links.push(link) })
  } finally {
    for (const link of links) void link.close(undefined, 'it was asked what it is')
  }
}
