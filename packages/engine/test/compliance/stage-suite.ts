import { sessionId } from '@shardline/core'
import type { Test } from 'tap'
import type { Stage } from '../../src/stage.ts'
import { randomHidden } from '../support/random-shard.ts'

/** What the suite needs: a fresh stage of two layers for contexts of at most 512 tokens. */
export type MakeStage = () => Promise<Stage>

const a = sessionId('a')
const b = sessionId('b')

/** What every implementation of {@link Stage} must do. */
export async function stageSuite(t: Test, makeStage: MakeStage): Promise<void> {
  const rows = (stage: Stage, count: number, seed = 1): Float32Array =>
    randomHidden(count, stage.hiddenSize, seed)

  await t.test('remembers what it ran and continues there', async (t) => {
    await using stage = await makeStage()
    stage.open(a, { capacity: 20 })
    const first = await stage.run({
      segments: [{ session: a, position: 0, rows: 5 }],
      hidden: rows(stage, 5),
    })
    t.equal(first.length, 5 * stage.hiddenSize)
    t.equal(stage.length(a), 5)
    await stage.run({ segments: [{ session: a, position: 5, rows: 1 }], hidden: rows(stage, 1) })
    t.equal(stage.length(a), 6)
  })

  await t.test(
    'gives the same bytes whether a sequence is run whole, in pieces, or beside others',
    async (t) => {
      await using stage = await makeStage()
      const [wide, other] = [rows(stage, 9, 3), rows(stage, 4, 4)]
      const size = stage.hiddenSize
      stage.open(a, { capacity: 20 })
      const whole = await stage.run({ segments: [{ session: a, position: 0, rows: 9 }], hidden: wide })
      stage.close(a)
      stage.open(a, { capacity: 20 })
      stage.open(b, { capacity: 20 })
      const head = await stage.run({
        segments: [{ session: a, position: 0, rows: 4 }],
        hidden: wide.subarray(0, 4 * size),
      })
      const mixed = new Float32Array(9 * size)
      mixed.set(other)
      mixed.set(wide.subarray(4 * size), 4 * size)
      const tail = await stage.run({
        segments: [
          { session: b, position: 0, rows: 4 },
          { session: a, position: 4, rows: 5 },
        ],
        hidden: mixed,
      })
      t.same(bytesOf(head), bytesOf(whole.subarray(0, 4 * size)))
      t.same(bytesOf(tail.subarray(4 * size)), bytesOf(whole.subarray(4 * size)))
    },
  )

  await t.test('rolls back by a lower position and by truncation, with the same result', async (t) => {
    await using stage = await makeStage()
    const size = stage.hiddenSize
    const hidden = rows(stage, 6, 5)
    stage.open(a, { capacity: 20 })
    const whole = await stage.run({ segments: [{ session: a, position: 0, rows: 6 }], hidden })
    const again = await stage.run({
      segments: [{ session: a, position: 3, rows: 3 }],
      hidden: hidden.subarray(3 * size),
    })
    t.same(bytesOf(again), bytesOf(whole.subarray(3 * size)))
    stage.truncate(a, 2)
    t.equal(stage.length(a), 2)
    const third = await stage.run({
      segments: [{ session: a, position: 2, rows: 4 }],
      hidden: hidden.subarray(2 * size),
    })
    t.same(bytesOf(third), bytesOf(whole.subarray(2 * size)))
  })

  await t.test('refuses what it can not run, by name, and is as before', async (t) => {
    await using stage = await makeStage()
    stage.open(a, { capacity: 4 })
    const run = (position: number, count: number, given = count): Promise<Float32Array> =>
      stage.run({ segments: [{ session: a, position, rows: count }], hidden: rows(stage, given) })
    await run(0, 2)
    await t.rejects(run(3, 1), { code: 'ENGINE_POSITION_UNEXPECTED' })
    await t.rejects(run(-1, 1), { code: 'ENGINE_POSITION_UNEXPECTED' })
    await t.rejects(run(2, 3), { code: 'ENGINE_SESSION_FULL' })
    await t.rejects(run(2, 0, 1), { code: 'ENGINE_BATCH_INVALID' })
    await t.rejects(run(2, 1, 2), { code: 'ENGINE_BATCH_INVALID' })
    await t.rejects(stage.run({ segments: [{ session: b, position: 0, rows: 1 }], hidden: rows(stage, 1) }), {
      code: 'ENGINE_SESSION_UNKNOWN',
    })
    const twice = [
      { session: a, position: 2, rows: 1 },
      { session: a, position: 2, rows: 1 },
    ]
    await t.rejects(stage.run({ segments: twice, hidden: rows(stage, 2) }), { code: 'ENGINE_BATCH_INVALID' })
    t.throws(() => stage.truncate(a, 3), { code: 'ENGINE_POSITION_UNEXPECTED' })
    t.throws(() => stage.open(a, { capacity: 4 }), { code: 'ENGINE_SESSION_EXISTS' })
    t.throws(() => stage.open(b, { capacity: 513 }), { code: 'ENGINE_CONTEXT_TOO_LONG' })
    t.throws(() => stage.open(b, { capacity: 0 }), { code: 'ENGINE_CONTEXT_TOO_LONG' })
    t.equal(stage.length(a), 2)
    await run(2, 2)
    t.equal(stage.length(a), 4)
  })

  await t.test('runs asked for at the same time happen one after the other', async (t) => {
    await using stage = await makeStage()
    stage.open(a, { capacity: 20 })
    await Promise.all(
      [0, 1, 2, 3].map((position) =>
        stage.run({ segments: [{ session: a, position, rows: 1 }], hidden: rows(stage, 1, position) }),
      ),
    )
    t.equal(stage.length(a), 4)
  })

  await t.test('forgets a closed session; closing an unknown one does nothing', async (t) => {
    await using stage = await makeStage()
    stage.open(a, { capacity: 4 })
    stage.close(a)
    stage.close(a)
    t.throws(() => stage.length(a), { code: 'ENGINE_SESSION_UNKNOWN' })
  })
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}
