import type { SessionResume } from '@shardline/wire'
import type { Session } from '../session.ts'
import type { Standing } from '../sent-rows.ts'
import type { Turn, TurnResume } from '../turn.ts'

/** How the stages of a new formation stand to the sessions. */
export interface Recovery {
  /** How worker 1 stands with each session that it knows; undefined if it was planned anew and knows none. */
  readonly standing: ReadonlyMap<string, Standing> | undefined
  /** Whether all stages were planned anew: then none knows any session. */
  readonly isAnew: boolean
  /** Whether the validator took its place since the last formation. */
  readonly isValidatorNew: boolean
  /** Whether another node, or other layers, took the place of any stage. */
  readonly isRestaged: boolean
}

/**
 * What becomes of a session when the stages are other ones.
 *
 * - `keep`: it goes on; worker 1 gets what it lacks.
 * - `take-over`: the same, with a validator that begins where the last one's word counts.
 * - `restart`: it goes on under another name, from its own rows, through all stages.
 * - `reset`: its cache is let go; the next turn begins with an empty one.
 * - `close`: worker 1 gets what it lacks, and the close once more.
 * - `abandon`: nobody waits for its end; it is closed without waiting.
 */
export type RecoveryStep = 'keep' | 'take-over' | 'restart' | 'reset' | 'close' | 'abandon'

/** Chooses the step for a session that isn't over. `isMissing`: a stage doesn't have the rows that another one lacks. */
export function chooseStep(
  session: Session,
  recovery: Omit<Recovery, 'isRestaged'>,
  isMissing: boolean,
): RecoveryStep {
  const { state } = session
  const isLost = recovery.isAnew || isMissing || session.isHeld
  const isWithoutValidator = isLost || recovery.isValidatorNew
  if (state === 'draining') {
    if (!isOwed(session)) return 'abandon'
    // Where worker 1 doesn't know it, nothing tells how much of it the others have.
    return isWithoutValidator || recovery.standing?.has(session.id) !== true ? 'restart' : 'close'
  }
  if (state === 'resting' || state === 'planned') return isWithoutValidator ? 'reset' : 'keep'
  if (isLost) return 'restart'
  if (!recovery.isValidatorNew) return 'keep'
  return isWhole(session) ? 'restart' : 'take-over'
}

/** Whether the stages still owe a signature, a digest or receipts. */
function isOwed({ latestTurn, isProven }: Session): boolean {
  return isProven || latestTurn?.isOwed === true
}

/** Whether no validator can take it over: rows of earlier turns would be sampled again, and a digest is over all rows. */
function isWhole({ turns, latestTurn }: Session): boolean {
  return turns > 1 || latestTurn?.isDigestWanted === true
}

/** What a validator is told that takes over a turn under the same name; null if the turn begins with it. */
export function takeOverOf(session: Session, turn: Turn): SessionResume | null {
  const resume = turn.resume()
  return isBegun(turn, resume) ? { ...resume, turn: session.rollbacks } : null
}

/** What a validator is told of a turn that begins again under another name: all rows come, those before its place unused. */
export function restartOf(turn: Turn): SessionResume | null {
  const resume = turn.resume()
  return turn.use === 'sample' && isBegun(turn, resume) ? { ...resume, position: 0, turn: 0 } : null
}

function isBegun({ use }: Turn, { position, tokenIds }: TurnResume): boolean {
  return use === 'score' ? position > 0 : tokenIds.length > 0
}
