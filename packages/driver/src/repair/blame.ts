import { StageFailedError, StageLostError, StageSilentError } from '../errors.ts'
import type { StageLink } from '../stage-link.ts'

/** Why a stage didn't take its place in an attempt. */
export interface PlaceFailure {
  readonly link: StageLink
  /** The stage behind it; undefined for the validator. */
  readonly next: StageLink | undefined
  readonly error: Error
}

/** Codes of a stage that has trouble with the next one begin like this. */
const NEXT_CODE_PREFIX = 'NODE_NEXT_'

/** Whether a stage itself is to blame for its failure: it is gone or silent. */
export function isOwnLoss({ link, error }: PlaceFailure): boolean {
  return link.failure !== undefined || error instanceof StageLostError || error instanceof StageSilentError
}

/** Whether a stage says that it has trouble with the next one. */
export function isNextTrouble({ error }: PlaceFailure): boolean {
  return error instanceof StageFailedError && error.remoteCode.startsWith(NEXT_CODE_PREFIX)
}

/**
 * Says who is to be replaced after an attempt. Of stages that fail, those behind others show the cause: a stage waits for the
 * next one, so the last one's failure explains the others'. Where a stage can't reach a next one that is well, both are
 * tried once more; then the next one is replaced, then the stage itself.
 *
 * @param failures in order of the stages.
 * @param troubles how often each stage said before that it has trouble with the next one.
 */
export function blame(
  failures: readonly PlaceFailure[],
  troubles: ReadonlyMap<StageLink, number>,
): readonly StageLink[] {
  const lost = failures.filter(isOwnLoss).map(({ link }) => link)
  if (lost.length > 0) return lost
  const last = failures.at(-1)
  if (last === undefined) return []
  if (!isNextTrouble(last) || last.next === undefined) return [last.link]
  const before = troubles.get(last.link) ?? 0
  if (before === 0) return []
  return before === 1 ? [last.next] : [last.link]
}
