import type { Protection } from '../link/link-results.ts'

/** Options of {@link measureInTurns}. */
export interface InTurnsInit<Subject, Case> {
  readonly inClear: Subject
  readonly sealed: Subject
  readonly cases: readonly Case[]
  readonly rounds: number
  /** Told the number of the round, 0 being the one that doesn't count. */
  readonly onRound: (round: number) => void
  /** Resolves with microseconds per frame. */
  readonly measure: (subject: Subject, what: Case) => Promise<number>
}

/** Time per frame of one case, in one round. */
export interface TurnSample<Case> {
  readonly what: Case
  readonly protection: Protection
  readonly round: number
  readonly frameUs: number
}

/**
 * Measures each case with both protections, directly after each other. Every other round takes them the other way round, so
 * that being first favours neither; one round before the first doesn't count.
 */
export async function measureInTurns<Subject, Case>(
  init: InTurnsInit<Subject, Case>,
): Promise<readonly TurnSample<Case>[]> {
  const { inClear, sealed, cases, rounds, onRound, measure } = init
  const subjects = [
    ['in clear', inClear],
    ['sealed', sealed],
  ] as const
  const samples: TurnSample<Case>[] = []
  for (let round = 0; round <= rounds; round++) {
    onRound(round)
    for (const what of cases) {
      for (const [protection, subject] of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const frameUs = await measure(subject, what)
        if (round > 0) samples.push({ what, protection, round, frameUs })
      }
    }
  }
  return samples
}
