import t from 'tap'
import type { Clock } from '@shardline/core'
import type { MeasuredPipeline } from '../src/measure-stage.ts'
import { measureStage } from '../src/measure-stage.ts'
import { MEASURE_MS_MAX, MEASURE_ROUNDS_MAX } from '../src/limits.ts'
import type { StageWork } from '../src/index.ts'

interface Played {
  readonly clock: Clock
  readonly pipeline: MeasuredPipeline
  readonly over: AbortController
  readonly seen: { runs: number; ended: number; positions: number[] }
}

/** A stage whose rows take the given times by a clock that only they and rests move. */
function play(rowMs: (run: number) => number, roundTripMs?: number | null): Played {
  let nowMs = 0
  const seen = { runs: 0, ended: 0, positions: [] as number[] }
  const over = new AbortController()
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: async (ms, options = {}) => {
      options.signal?.throwIfAborted()
      nowMs += ms
    },
  }
  const work: Pick<StageWork, 'rehearse'> = {
    rehearse: async (position) => {
      seen.positions.push(position)
      return {
        run: async () => {
          nowMs += rowMs(seen.runs++)
        },
        end: () => {
          seen.ended += 1
        },
      }
    },
  }
  const next =
    roundTripMs === undefined ? undefined : { measureRoundTrip: async () => roundTripMs ?? undefined }
  return { clock, over, seen, pipeline: { work: work as StageWork, next, over } }
}

t.test('gives the median of a row and of the way to the next stage', async (t) => {
  const { pipeline, clock, seen } = play((run) => (run % 4 === 0 ? 90 : 3), 40)
  t.strictSame(await measureStage(pipeline, { position: 7, clock }), { rowMs: 3, nextRoundTripMs: 40 })
  t.strictSame(seen.positions, [7])
  t.equal(seen.ended, 1)
})

t.test('leaves the first rows out', async (t) => {
  const { pipeline, clock, seen } = play((run) => (run < 3 ? 50 : 2))
  t.strictSame(await measureStage(pipeline, { position: 0, clock }), { rowMs: 2, nextRoundTripMs: null })
  t.equal(seen.runs, 3 + MEASURE_ROUNDS_MAX)
})

t.test('takes few rows where each takes long', async (t) => {
  const { pipeline, clock, seen } = play(() => MEASURE_MS_MAX)
  t.equal((await measureStage(pipeline, { position: 0, clock })).rowMs, MEASURE_MS_MAX)
  t.equal(seen.runs, 6)
})

t.test('says that the way could not be measured', async (t) => {
  const { pipeline, clock } = play(() => 1, null)
  t.equal((await measureStage(pipeline, { position: 0, clock })).nextRoundTripMs, null)
})

t.test('touches nothing any more when the pipeline is over', async (t) => {
  const played = play((run) => {
    if (run === 1) played.over.abort()
    return 1
  })
  await t.rejects(measureStage(played.pipeline, { position: 0, clock: played.clock }))
  t.equal(played.seen.runs, 2)
  t.equal(played.seen.ended, 1)
})

t.test('refuses where the work has nothing to rehearse', async (t) => {
  const { pipeline, clock } = play(() => 1)
  const bare = { ...pipeline, work: {} as StageWork }
  await t.rejects(measureStage(bare, { position: 0, clock }), { code: 'NODE_MESSAGE_UNEXPECTED' })
})
