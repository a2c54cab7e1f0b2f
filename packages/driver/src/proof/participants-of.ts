import { assert } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import type { StageLink } from '../stage-link.ts'
import type { PipelineParticipants } from './pipeline-receipts.ts'
import { ReceiptInvalidError } from './proof-errors.ts'

/**
 * Who answers together over these links: workers in order of their layers, then the validator.
 *
 * @throws ReceiptInvalidError if a link proves nobody.
 */
export function participantsOf(
  links: readonly Pick<StageLink, 'identity' | 'party'>[],
  layerCount: number,
): PipelineParticipants {
  const workers: PipelineParticipants['workers'][number][] = []
  let validator: PartyId | undefined
  for (const { identity: stage, party } of links) {
    if (party === undefined) throw new ReceiptInvalidError(stage, 'its link proves nobody who could sign')
    if (stage.layers === undefined) validator = party
    else {
      const { first, count } = stage.layers
      workers.push({ node: party, first, last: first + count - 1 })
    }
  }
  assert(validator !== undefined, 'every pipeline has a validator')
  return { validator, workers, layerCount }
}
