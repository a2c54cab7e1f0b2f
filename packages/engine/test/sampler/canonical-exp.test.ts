import { SeededRandom } from '@shardline/core'
import { createHash } from 'node:crypto'
import t from 'tap'
import { canonicalExp, canonicalLog } from '../../src/sampler/index.ts'
import { exponentiate } from '../../src/sampler/canonical-exp.ts'
import { testSeed } from './test-seed.ts'

const BOUND = 2 ** -51

t.test('exp is within 2^-51 of Math.exp over its whole range', (t) => {
  const random = new SeededRandom(testSeed(t))
  let worst = 0
  for (let i = 0; i < 200_000; i++) {
    const x = (random.float() * 2 - 1) * (i % 2 === 0 ? 708 : 2 ** -(i % 40))
    worst = Math.max(worst, Math.abs(canonicalExp(x) / Math.exp(x) - 1))
  }
  t.ok(worst <= BOUND, `worst relative error ${worst / 2 ** -52} * 2^-52`)
  t.end()
})

t.test('log is within 2^-51 of Math.log over its whole range', (t) => {
  const random = new SeededRandom(testSeed(t))
  let worst = 0
  for (let i = 0; i < 100_000; i++) {
    const x = i % 2 === 0 ? Math.exp((random.float() * 2 - 1) * 709) : 1 + random.float()
    const error = Math.abs(canonicalLog(x) - Math.log(x)) / Math.max(1, Math.abs(Math.log(x)))
    worst = Math.max(worst, error)
  }
  t.ok(worst <= BOUND, `worst error ${worst / 2 ** -52} * 2^-52`)
  t.ok(Math.abs(canonicalLog(5e-324) / Math.log(5e-324) - 1) < BOUND)
  t.ok(Math.abs(canonicalLog(Number.MAX_VALUE) / Math.log(Number.MAX_VALUE) - 1) < BOUND)
  t.end()
})

t.test('exp and log have exact values at the ends of their ranges', (t) => {
  t.equal(canonicalExp(0), 1)
  t.equal(canonicalExp(-Infinity), 0)
  t.equal(canonicalExp(-709), 0)
  t.equal(canonicalExp(709), Infinity)
  t.equal(canonicalExp(Infinity), Infinity)
  t.ok(Number.isNaN(canonicalExp(Number.NaN)))
  t.equal(canonicalLog(1), 0)
  t.equal(canonicalLog(0), -Infinity)
  t.equal(canonicalLog(Infinity), Infinity)
  t.ok(Number.isNaN(canonicalLog(-1)))
  t.ok(Number.isNaN(canonicalLog(Number.NaN)))
  t.end()
})

t.test('exp never falls while its argument rises', (t) => {
  const random = new SeededRandom(testSeed(t))
  const values = Float64Array.from({ length: 100_000 }, () => random.float() * -40).sort()
  const results = values.slice()
  exponentiate(results, results.length, { highest: 0, scale: 1 })
  let falls = 0
  for (let i = 1; i < results.length; i++) if (results[i]! < results[i - 1]!) falls++
  t.equal(falls, 0)
  t.end()
})

t.test('exp and log give the same bits everywhere', (t) => {
  const xs = Float64Array.from({ length: 20_000 }, (_, i) => (i - 10_000) / 15)
  const results = new DataView(new ArrayBuffer(xs.length * 16))
  for (const [i, x] of xs.entries()) {
    results.setFloat64(i * 16, canonicalExp(x), true)
    results.setFloat64(i * 16 + 8, canonicalLog(Math.abs(x) + 0.001), true)
  }
  t.equal(
    createHash('sha256').update(new Uint8Array(results.buffer)).digest('hex'),
    '39455e03782b2ed1f577e148c0d50b6ea9dcc67ae2e16ef99d3ce67a0165850d',
  )
  t.end()
})
