import type { PartyId } from '@shardline/identity'
import type { StageReport } from '../../driver-types.ts'
import type { PaidFilters, PaidParticipants } from './ask-market.ts'
import { StageNotWantedError } from './paid-errors.ts'

/** What is looked at of a stage. */
export type FilteredStage = Pick<StageReport, 'role' | 'node' | 'party' | 'numericClass'>

/** @throws StageNotWantedError if the user's filters exclude a stage. */
export function checkStages(stages: readonly FilteredStage[], filters: PaidFilters): void {
  for (const stage of stages) if (stage.role !== 'driver') checkStage(stage, filters)
}

/** Whether two name the same parts. */
export function areSameParticipants(one: PaidParticipants, other: PaidParticipants | undefined): boolean {
  const wordsOf = ({ validator, workers, layerCount }: PaidParticipants): string =>
    [validator, layerCount, ...workers.map(({ node, first, last }) => `${node} ${first}-${last}`)].join()
  return other !== undefined && wordsOf(one) === wordsOf(other)
}

function checkStage({ role, node, party, numericClass }: FilteredStage, filters: PaidFilters): void {
  const wanted = filters.numericClass
  if (wanted !== undefined && numericClass !== wanted) {
    throw new StageNotWantedError(node, `its numeric class is ${numericClass}, the user asks for ${wanted}`)
  }
  if (role !== 'worker' || isTrusted(party, filters)) return
  throw new StageNotWantedError(node, 'it is not on the list of workers that the user trusts')
}

function isTrusted(party: PartyId | undefined, { workers, trustedWorkersOnly }: PaidFilters): boolean {
  const trusted = workers ?? (trustedWorkersOnly === true ? [] : undefined)
  return trusted === undefined || (party !== undefined && trusted.includes(party))
}
