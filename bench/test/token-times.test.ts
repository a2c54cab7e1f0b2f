import t from 'tap'
import { checkComplete, metricsOf, steadyRate } from '../src/token-times.ts'
import { workload } from './support/fake-subject.ts'

t.test('the rate of one stream counts the tokens after its first', (t) => {
  t.equal(steadyRate([{ tokenMs: [500, 600, 700, 800] }]), 10)
  t.end()
})

t.test('the rate of several streams counts only while all of them decode', (t) => {
  const streams = [{ tokenMs: [100, 200, 300, 400, 500, 600] }, { tokenMs: [250, 350, 450, 550, 650, 750] }]
  // From 250 to 600: 300, 400, 500, 600 of the first and 350, 450, 550 of the second.
  t.equal(steadyRate(streams), (7 * 1000) / 350)
  t.end()
})

t.test('there is no rate where streams never decode together', (t) => {
  t.equal(steadyRate([{ tokenMs: [5] }]), undefined)
  t.equal(steadyRate([{ tokenMs: [1, 2] }, { tokenMs: [3, 4] }]), undefined)
  t.equal(steadyRate([{ tokenMs: [] }]), undefined)
  t.end()
})

t.test('only the metrics that the workload is for are reported', (t) => {
  const streams = [{ tokenMs: [200, 300] }]
  t.same(metricsOf(workload(), streams), { decodeTokensPerSecond: 10 })
  t.same(
    metricsOf(
      workload({ metrics: ['prefillTokensPerSecond', 'timeToFirstTokenMs'], promptTokens: 50 }),
      streams,
    ),
    {
      prefillTokensPerSecond: 250,
      timeToFirstTokenMs: 200,
    },
  )
  t.same(metricsOf(workload(), [{ tokenMs: [200] }]), {})
  t.end()
})

t.test('an answer that ended early is an error, not a rate', (t) => {
  const streams = [{ tokenMs: [1, 2, 3] }, { tokenMs: [1, 2] }]
  t.throws(() => checkComplete(workload({ newTokens: 3 }), streams), {
    code: 'CORE_UNEXPECTED',
    message: /2 of 3/,
  })
  t.doesNotThrow(() => checkComplete(workload({ newTokens: 3 }), streams.slice(0, 1)))
  t.end()
})
