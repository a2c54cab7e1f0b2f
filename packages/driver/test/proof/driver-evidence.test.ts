import { hiddenRows, RowDigests } from '@shardline/node'
import t from 'tap'
import { DriverEvidence } from '../../src/proof/driver-evidence.ts'
import type { RoundSegment } from '../../src/scheduler.ts'
import { Session } from '../../src/session.ts'

const WIDTH = 2
const evidenceOf = (sessionsMax = 2): DriverEvidence =>
  new DriverEvidence({ pipeline: 'p', hiddenSize: WIDTH, sessionsMax })

const segmentOf = (session: Session, position: number, ids: readonly number[]): RoundSegment => ({
  session,
  turn: 0,
  position,
  ids,
  use: 'none',
  isDecode: false,
  isAgain: false,
})

const rowsOf = (...ids: readonly number[]): Float32Array =>
  Float32Array.from(ids.flatMap((id) => [id, id / 2]))

/** Sends rounds: each is a list of sessions with positions and ids. */
function send(evidence: DriverEvidence, ...segments: readonly RoundSegment[]): void {
  evidence.record({ segments }, rowsOf(...segments.flatMap(({ ids }) => ids)))
}

function windowsOf(...ids: readonly number[]): ReturnType<RowDigests['windows']> {
  const digests = new RowDigests()
  const given = hiddenRows(rowsOf(...ids), WIDTH)
  digests.add({ position: 0, rows: ids.length, taken: undefined, given })
  return digests.windows()
}

t.test('hashes the rows of proven sessions as they were sent last', async (t) => {
  const evidence = evidenceOf()
  const [proven, other] = [new Session('a', 50, { isProven: true }), new Session('b', 50)]
  send(evidence, segmentOf(other, 0, [1, 2]), segmentOf(proven, 0, [3, 4, 5]))
  send(evidence, segmentOf(proven, 3, [6]))
  t.same(evidence.get('a').windows, windowsOf(3, 4, 5, 6))
  send(evidence, segmentOf(proven, 1, [4, 5, 6]), segmentOf(other, 2, [3]))
  send(evidence, segmentOf(proven, 4, [7]))
  evidence.close('a')
  t.same(evidence.get('a').windows, windowsOf(3, 4, 5, 6, 7), 'rows that go out again count once')
  t.throws(() => evidence.get('b'), { code: 'NODE_EVIDENCE_MISSING' })
})

t.test('a session that begins again under another name is found under both, with its new rows', async (t) => {
  const evidence = evidenceOf()
  const session = new Session('a', 50, { isProven: true })
  send(evidence, segmentOf(session, 0, [3, 4]))
  evidence.resume('a', 1)
  for (const name of ['b', 'c']) {
    const before = session.id
    session.restart(name, 0)
    evidence.rename(before, name)
  }
  t.throws(() => evidence.get('a'), { code: 'NODE_EVIDENCE_MISSING' })
  send(evidence, segmentOf(session, 0, [3, 4, 5]))
  t.same([evidence.nameOf('a'), evidence.nameOf('b'), evidence.nameOf('z')], ['c', 'c', 'z'])
  t.same(evidence.get('c').windows, windowsOf(3, 4, 5))
  t.equal(evidence.resumedAt('c'), 0, 'its validator has seen all of it')
})

t.test('knows from where on the last of several validators has seen a session', async (t) => {
  const evidence = evidenceOf()
  t.equal(evidence.resumedAt('a'), 0)
  evidence.resume('a', 40)
  evidence.resume('a', 12)
  t.equal(evidence.resumedAt('a'), 40)
  evidence.drop('a')
  t.equal(evidence.resumedAt('a'), 0)
})

t.test('remembers names and validators of as many sessions as it keeps', async (t) => {
  const evidence = evidenceOf(2)
  for (const id of ['a', 'b', 'c']) {
    evidence.resume(id, 7)
    evidence.rename(`old ${id}`, id)
  }
  t.same(
    ['a', 'b', 'c'].map((id) => evidence.resumedAt(id)),
    [0, 7, 7],
  )
  t.same(
    ['old a', 'old b', 'old c'].map((id) => evidence.nameOf(id)),
    ['old a', 'b', 'c'],
  )
})
