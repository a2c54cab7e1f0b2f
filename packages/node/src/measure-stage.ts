import type { Clock, Milliseconds } from '@shardline/core'
import type { Link } from '@shardline/wire'
import { MessageUnexpectedError } from './errors.ts'
import { MEASURE_MS_MAX, MEASURE_REST_MS, MEASURE_ROUNDS_MAX } from './limits.ts'
import type { StageWork } from './stage-work.ts'

/** What {@link measureStage} needs of a pipeline. */
export interface MeasuredPipeline {
  readonly work: StageWork
  /** The link to the next stage; undefined for the last one. */
  readonly next: Pick<Link, 'measureRoundTrip'> | undefined
  /** Aborts when the pipeline is over: then what is loaded isn't touched any more. */
  readonly over: { readonly signal: AbortSignal }
}

/** How long a stage takes for its part of one token. */
export interface StageTimes {
  /** One decode row, in milliseconds: median. */
  readonly rowMs: Milliseconds
  /** There and back, in milliseconds: median; null if there is no next stage or no answer. */
  readonly nextRoundTripMs: Milliseconds | null
}

/** Rounds that don't count: caches fill, code is compiled. */
const WARM_UP_ROUNDS = 3
/** Rounds that count at the least, however long they take. */
const ROUNDS_MIN = 3

/**
 * Times one decode row of a stage after `position` tokens, and the way to the next stage. Between two rounds it rests: in a
 * pipeline a stage waits for the others between two tokens, and a rested one is slower than one that never stops.
 *
 * @throws MessageUnexpectedError if the role can't be measured; what running throws; AbortedError when the pipeline ends.
 */
export async function measureStage(
  pipeline: MeasuredPipeline,
  init: { readonly position: number; readonly clock: Clock },
): Promise<StageTimes> {
  const { work, next, over } = pipeline
  const { clock, position } = init
  if (work.rehearse === undefined) throw new MessageUnexpectedError('measure', 'stage')
  const rehearsal = await work.rehearse(position)
  try {
    const rowMs = await medianOf(over.signal, clock, async () => {
      const startedMs = clock.monotonic()
      await rehearsal.run()
      return clock.monotonic() - startedMs
    })
    const nextRoundTripMs =
      next === undefined ? undefined : await medianOf(over.signal, clock, () => next.measureRoundTrip())
    return { rowMs: rowMs ?? 0, nextRoundTripMs: nextRoundTripMs ?? null }
  } finally {
    rehearsal.end()
  }
}

async function medianOf(
  signal: AbortSignal,
  clock: Clock,
  measure: () => Promise<Milliseconds | undefined>,
): Promise<Milliseconds | undefined> {
  const times: Milliseconds[] = []
  let spentMs = 0
  for (let round = 0; round < WARM_UP_ROUNDS + MEASURE_ROUNDS_MAX; round++) {
    await clock.sleep(MEASURE_REST_MS, { signal })
    const ms = await measure()
    if (ms === undefined) return undefined
    spentMs += ms
    if (round >= WARM_UP_ROUNDS) times.push(ms)
    if (spentMs > MEASURE_MS_MAX && times.length >= ROUNDS_MIN) break
  }
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)]
}
