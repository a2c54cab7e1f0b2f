import type { Answered } from './chaos-load.ts'
import { describeFault } from './fault.ts'
import type { InjectedFault } from './inject-faults.ts'

/** Codes that say that something is wrong in Shardline, and not that something was lost. */
const BUGS =
  /^(?:CORE_UNEXPECTED|CORE_ASSERTION_FAILED|DRIVER_REPLAY_DIVERGED|CLIENT_ANSWER_\w+|CLIENT_TOKENS_UNVERIFIED|CLIENT_VALIDATOR_UNEXPECTED|hung|different)$/
/** What was on its way when a fault hit may still arrive. */
const PAUSE_BEGINS_MS_MAX = 1_000
/** After a fault is over, what it broke may still come to light for so long. */
const AFTERMATH_MS = 12_000

/** Answers that ended as none may: with another text, never, or by an error that is a bug or has no name. */
export function findBugs(answers: readonly Answered[], documented: ReadonlySet<string>): readonly string[] {
  return answers
    .filter(({ outcome }) => outcome !== 'same' && (BUGS.test(outcome) || !documented.has(outcome)))
    .map(describeAnswer)
}

/** Answers that failed although nothing had happened that could be why. */
export function findCauseless(
  answers: readonly Answered[],
  faults: readonly InjectedFault[],
): readonly string[] {
  return answers
    .filter(({ outcome }) => outcome !== 'same')
    .filter(({ beganMs, endedMs }) => faultsDuring(faults, { beganMs, endedMs }).length === 0)
    .map(describeAnswer)
}

/** How many answers ended in which way. */
export function countOutcomes(answers: readonly Answered[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

/** One line for people about what a fault did. */
export function describeInjected(injected: InjectedFault, answers: readonly Answered[]): string {
  const { fault, name, isMoment, atMs, overMs } = injected
  const pauseMs = pauseAfter(atMs, answers)
  const hit = answers.filter(({ beganMs, endedMs }) => beganMs < overMs && endedMs > atMs)
  const lost = hit.filter(({ outcome }) => outcome !== 'same')
  const pause =
    pauseMs === undefined ? 'nothing came since' : `the longest silence was ${pauseMs.toFixed(0)} ms`
  const moment = isMoment ? '' : ' (its moment did not come)'
  return `${describeFault(fault)}${moment}: ${name}; ${pause}; of ${hit.length} answers ${lost.length} ended early ${JSON.stringify(countOutcomes(lost))}`
}

/** Longest silence of all streams together that began within a moment after `atMs`; undefined if nothing came since. */
function pauseAfter(atMs: number, answers: readonly Answered[]): number | undefined {
  const since = answers
    .flatMap(({ piecesMs }) => piecesMs)
    .filter((pieceMs) => pieceMs >= atMs)
    .toSorted((a, b) => a - b)
  const [first] = since
  if (first === undefined) return undefined
  let pauseMs = first - atMs
  for (const [index, pieceMs] of since.entries()) {
    if (pieceMs > atMs + PAUSE_BEGINS_MS_MAX) break
    pauseMs = Math.max(pauseMs, (since[index + 1] ?? pieceMs) - pieceMs)
  }
  return pauseMs
}

function describeAnswer({ stream, outcome, reason }: Answered): string {
  return `stream ${stream}: ${outcome}: ${reason}`
}

function faultsDuring(
  faults: readonly InjectedFault[],
  { beganMs, endedMs }: Pick<Answered, 'beganMs' | 'endedMs'>,
): readonly InjectedFault[] {
  return faults.filter(({ atMs, overMs }) => atMs <= endedMs && overMs + AFTERMATH_MS >= beganMs)
}
