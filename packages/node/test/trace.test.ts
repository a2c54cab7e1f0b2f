import { TRACE_ENTRIES_MAX } from '@shardline/wire'
import t from 'tap'
import { joinTraces, traceEntry } from '../src/trace.ts'

const entry = (node: string, computeMs: number) => ({
  node,
  layers: { first: 0, count: 2 },
  rows: 3,
  queueMs: 1,
  computeMs,
  totalMs: computeMs + 2,
})

t.test('measures from arrival to run, run, and arrival to hand-over', async (t) => {
  const times = { arrivedMs: 10, runStartedMs: 12, runEndedMs: 17, handedOverMs: 17.5 }
  t.same(traceEntry({ node: 'w', layers: null }, 4, times), {
    node: 'w',
    layers: null,
    rows: 4,
    queueMs: 2,
    computeMs: 5,
    totalMs: 7.5,
  })
})

t.test('passes every entry on once, the own one last', async (t) => {
  t.same(
    joinTraces([[entry('a', 1)], [], [entry('a', 2)]], entry('b', 3)).map(({ node, computeMs }) => [
      node,
      computeMs,
    ]),
    [
      ['a', 1],
      ['a', 2],
      ['b', 3],
    ],
  )
})

t.test('adds up by stage when there are too many, so that sums stay right', async (t) => {
  const many = Array.from({ length: TRACE_ENTRIES_MAX + 10 }, (_, i) => [entry(i % 2 === 0 ? 'a' : 'b', 2)])
  const joined = joinTraces(many, entry('own', 1))
  t.same(
    joined.map(({ node }) => node),
    ['a', 'b', 'own'],
  )
  t.equal(
    joined.reduce((sum, { rows }) => sum + rows, 0),
    (many.length + 1) * 3,
  )
  t.equal(
    joined.reduce((sum, { computeMs }) => sum + computeMs, 0),
    many.length * 2 + 1,
  )
})
