import { pipelineId, sessionId } from '@shardline/core'
import { SAMPLING_DEFAULTS } from '@shardline/engine'
import { hiddenRows, RowDigests, tokenRows } from '@shardline/node'
import type { WorkPart, WorkSession } from '@shardline/node'
import type { TokensMessage } from '@shardline/wire'
import t from 'tap'
import { HeadWork } from '../src/head-work.ts'
import { ToyHead, TOY_WIDTH } from './fixtures/toy-head.ts'
import { rowOf, sessionOpen } from './fixtures/validator-network.ts'

const session: WorkSession = { key: sessionId('1'), id: 'a', pipeline: pipelineId('p') }

/** A head with one proven session. */
function opened(): HeadWork {
  const work = new HeadWork(new ToyHead(), {
    logitsBytesMax: 1000,
    grammarLimits: {},
    loadTokens: async () => ({ tokenBytes: () => undefined }),
    signer: undefined,
    modelDigest: 'digest',
    windowTokens: 32,
    evidenceSessionsMax: 4,
  })
  void work.startAnswer(sessionOpen('a', { sampling: SAMPLING_DEFAULTS }), { sessionsMax: 4 })
  work.open(session, 50, true)
  return work
}

/** Runs a part of the session; the token that was chosen after it, if any. */
async function run(work: HeadWork, part: Omit<WorkPart, 'session' | 'turn'>): Promise<number | undefined> {
  const whole = { ...part, session, turn: 0 }
  const hidden = rowsOf(part.position, part.rows)
  const { compose } = await work.run({ parts: [whole], hidden })
  const frame = { pipeline: session.pipeline, epoch: 1, open: [], parts: [whole], close: [], trace: [] }
  const messages = compose({ ...frame, firstPart: 0, firstRow: 0, rows: part.rows } as never)
  return (messages[0] as TokensMessage).tokens[0]?.id
}

function rowsOf(position: number, rows: number): Float32Array {
  return Float32Array.from(Array.from({ length: rows }, (_, row) => [...rowOf('a', position + row)]).flat())
}

/** Windows of a validator that chose these tokens, undefined where none. */
function windowsOf(start: number, ids: readonly (number | undefined)[]): ReturnType<RowDigests['windows']> {
  const digests = new RowDigests()
  const taken = hiddenRows(rowsOf(start, ids.length), TOY_WIDTH)
  digests.add({ position: start, rows: ids.length, taken, given: tokenRows((row) => ids[row]) })
  return digests.windows()
}

t.test('gives the token that it chose after a row, and nothing where it chose none', async (t) => {
  const work = opened()
  t.equal(await run(work, { position: 0, rows: 2, use: 'none' }), undefined)
  const first = await run(work, { position: 2, rows: 3, use: 'sample' })
  const second = await run(work, { position: 5, rows: 1, use: 'sample' })
  t.type(first, 'number')
  work.close(session)
  const none = undefined
  t.same(work.evidence.get(session).windows, windowsOf(0, [none, none, none, none, first, second]))
})

t.test('begins at the position where it took a session over', async (t) => {
  const work = opened()
  const id = await run(work, { position: 40, rows: 1, use: 'sample' })
  t.same(work.evidence.get(session).windows, windowsOf(40, [id]))
})
