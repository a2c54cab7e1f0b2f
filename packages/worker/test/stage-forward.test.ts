import { pipelineId, sessionId } from '@shardline/core'
import type { WorkPart, WorkSession } from '@shardline/node'
import { hiddenRows, RowDigests } from '@shardline/node'
import t from 'tap'
import { StageForward } from '../src/stage-forward.ts'
import { ToyStage, TOY_WIDTH } from './fixtures/toy-stage.ts'

const sessionOf = (id: string): WorkSession => ({ key: sessionId(id), id, pipeline: pipelineId('p') })
const a = sessionOf('a')
const b = sessionOf('b')

const partOf = (session: WorkSession, position: number, rows: number): WorkPart => ({
  session,
  turn: 0,
  position,
  rows,
  use: 'none',
})

/** Rows that hold `value` each; the toy stage adds its two layers. */
const rowsOf = (...values: readonly number[]): Float32Array =>
  Float32Array.from(values.flatMap((value) => Array.from({ length: TOY_WIDTH }, () => value)))

/** The windows of a session whose rows held these numbers. */
function windowsOf(...values: readonly number[]): ReturnType<RowDigests['windows']> {
  const digests = new RowDigests()
  digests.add({
    position: 0,
    rows: values.length,
    taken: hiddenRows(rowsOf(...values), TOY_WIDTH),
    given: hiddenRows(rowsOf(...values.map((value) => value + 2)), TOY_WIDTH),
  })
  return digests.windows()
}

t.test('hashes what it takes and gives of proven sessions, among others and cut anyhow', async (t) => {
  const work = new StageForward(new ToyStage({ first: 0, count: 2 }))
  work.open(a, 50, true)
  work.open(b, 50, false)
  await work.run({ parts: [partOf(b, 0, 2), partOf(a, 0, 3)], hidden: rowsOf(8, 9, 1, 2, 3) })
  await work.run({ parts: [partOf(a, 3, 1)], hidden: rowsOf(4) })
  t.same(work.evidence.get(a).windows, windowsOf(1, 2, 3, 4))
  t.throws(() => work.evidence.get(b), { code: 'NODE_EVIDENCE_MISSING' })
})

t.test('forgets rows that are rolled back', async (t) => {
  const work = new StageForward(new ToyStage({ first: 0, count: 2 }))
  work.open(a, 50, true)
  await work.run({ parts: [partOf(a, 0, 4)], hidden: rowsOf(1, 2, 3, 4) })
  await work.run({ parts: [partOf(a, 2, 1)], hidden: rowsOf(7) })
  work.close(a)
  t.same(work.evidence.get(a).windows, windowsOf(1, 2, 7))
})

t.test('counts no row of a run that failed', async (t) => {
  class FailingStage extends ToyStage {
    isFailing = false

    override async run(batch: Parameters<ToyStage['run']>[0]): Promise<Float32Array> {
      if (this.isFailing) throw new Error('out of memory')
      return super.run(batch)
    }
  }
  const stage = new FailingStage({ first: 0, count: 2 })
  const work = new StageForward(stage)
  work.open(a, 50, true)
  await work.run({ parts: [partOf(a, 0, 1)], hidden: rowsOf(1) })
  stage.isFailing = true
  await t.rejects(work.run({ parts: [partOf(a, 1, 1)], hidden: rowsOf(2) }))
  t.same(work.evidence.get(a).windows, windowsOf(1))
})

t.test('keeps as many closed sessions as it may', async (t) => {
  const work = new StageForward(new ToyStage({ first: 0, count: 2 }), 1)
  for (const session of [a, b]) {
    work.open(session, 50, true)
    await work.run({ parts: [partOf(session, 0, 1)], hidden: rowsOf(5) })
    work.close(session)
  }
  t.throws(() => work.evidence.get(a), { code: 'NODE_EVIDENCE_MISSING' })
  t.same(work.evidence.get(b).windows, windowsOf(5))
})
