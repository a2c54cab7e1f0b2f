import type { Milliseconds } from '@shardline/core'
import type { SessionResume } from '@shardline/wire'
import { AssertionFailedError } from '@shardline/core'
import type { Session } from './session.ts'
import type { StageLink } from './stage-link.ts'

/** How a session is opened. */
export interface OpenOnValidatorOptions {
  readonly pipeline: string
  /** Time without an answer after which the validator counts as silent. */
  readonly silenceMsMax: Milliseconds
  /** Where the answer goes on; null if it begins. */
  readonly resume: SessionResume | null
}

/**
 * Tells the validator what to do with the rows of a session, and waits for its word.
 *
 * @throws StageFailedError, StageSilentError, StageLostError.
 */
export async function openOnValidator(
  link: StageLink,
  session: Session,
  options: OpenOnValidatorOptions,
): Promise<void> {
  const { opening, id } = session
  const { pipeline, silenceMsMax, resume } = options
  if (opening === undefined) throw new AssertionFailedError('a session is opened for a turn')
  await link.request(
    (request) => ({ kind: 'session-open', request, pipeline, session: id, ...opening, resume }),
    { what: `the opening of session ${id}`, silenceMsMax, onProgress: undefined, signal: undefined },
  )
}
