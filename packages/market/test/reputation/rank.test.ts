import fc from 'fast-check'
import t from 'tap'
import { betaQuantile, betaShareBelow } from '../../src/reputation/beta-quantile.ts'
import { logGamma } from '../../src/reputation/log-gamma.ts'
import { betaPercentile05, preferenceShown } from '../../src/reputation/rank.ts'

const seed = Number(process.env['SEED'] ?? 41_005)
t.comment(`SEED=${seed}`)

const isWithin = (actual: number, expected: number, off = 1e-9): boolean => Math.abs(actual - expected) <= off

t.test('few good answers score low, many score high', async (t) => {
  t.equal(betaPercentile05(1, 0).toFixed(2), '0.22')
  t.equal(betaPercentile05(20, 0).toFixed(2), '0.87')
  t.equal(betaPercentile05(1_940, 60).toFixed(2), '0.96')
})

t.test('scores are right to 1e-9', async (t) => {
  // Without failures the quantile has a closed form; the others come from an independent implementation (Boost's method).
  for (const n of [0, 1, 7, 20, 1_000, 1_000_000]) {
    t.ok(isWithin(betaPercentile05(n, 0), 0.05 ** (1 / (n + 1))), `${n}/${n}`)
    t.ok(isWithin(betaPercentile05(0, n), 1 - 0.95 ** (1 / (n + 1))), `0/${n}`)
  }
  for (const [successes, failures, score] of [
    [3, 7, 0.13507547291964123],
    [57, 3, 0.8777685988693263],
    [1_940, 60, 0.962958089576649],
    [250_000, 1, 0.9999810248358091],
    [1_000_000, 10, 0.9999830380263927],
    [123_456, 654_321, 0.15804913060294704],
    [9_900_000, 100_000, 0.9899480919907526],
    [1, 1_000_000, 3.5536091451654055e-7],
  ] as const) {
    t.ok(isWithin(betaPercentile05(successes, failures), score), `${successes} and ${failures}`)
  }
})

t.test('the share of a Beta is the tail of the binomial', async (t) => {
  // I_x(k, n - k + 1) = P(Binomial(n, x) >= k), DLMF 8.17.5; here n = 6, k = 2.
  const x = 0.3
  const tail = 1 - 0.7 ** 6 - 6 * x * 0.7 ** 5
  t.ok(isWithin(betaShareBelow(x, 2, 5), tail, 1e-14))
  t.equal(betaShareBelow(0, 2, 5), 0)
  t.equal(betaShareBelow(1, 2, 5), 1)
})

t.test('the quantile is the inverse of the share', async () => {
  const parameter = fc.integer({ min: 1, max: 100_000 })
  fc.assert(
    fc.property(parameter, parameter, fc.integer({ min: 1, max: 99 }), (a, b, percent) =>
      isWithin(betaShareBelow(betaQuantile(percent / 100, a, b), a, b), percent / 100, 1e-8),
    ),
    { seed, numRuns: 300 },
  )
})

t.test('a success never lowers a score, a failure never raises it', async () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.nat(5_000), (successes, failures) => {
      const score = betaPercentile05(successes, failures)
      return (
        betaPercentile05(successes + 1, failures) > score && betaPercentile05(successes, failures + 1) < score
      )
    }),
    { seed, numRuns: 200 },
  )
})

t.test('a quantile of what is no Beta is a bug of the caller', async (t) => {
  t.throws(() => betaPercentile05(-1, 0), { code: 'CORE_ASSERTION_FAILED' })
  t.throws(() => betaQuantile(1, 2, 2), { code: 'CORE_ASSERTION_FAILED' })
})

t.test('the logarithm of the gamma function is that of the factorial', async (t) => {
  let factorial = 1
  for (let n = 1; n <= 20; n++) {
    t.ok(isWithin(logGamma(n), Math.log(factorial), 1e-13), `${n}`)
    factorial *= n
  }
  t.ok(isWithin(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 1e-14))
})

t.test('preference is shown from 30 comparisons on, with its interval', async (t) => {
  t.equal(preferenceShown({ compared: 29, preferred: 29 }), undefined)
  const shown = preferenceShown({ compared: 30, preferred: 15 })
  t.equal(shown?.ratio, 0.5)
  t.ok(isWithin(shown?.low ?? 0, 0.331541, 1e-5), `${shown?.low}`)
  t.ok(isWithin(shown?.high ?? 0, 0.668459, 1e-5), `${shown?.high}`)
  const all = preferenceShown({ compared: 100, preferred: 100 })
  t.ok(isWithin(all?.low ?? 0, 0.963006, 1e-5), `${all?.low}`)
  t.equal(all?.high, 1)
  t.equal(preferenceShown({ compared: 0, preferred: 0 }, 0), undefined)
  t.equal(preferenceShown({ compared: 5, preferred: 1 }, 5)?.ratio, 0.2)
})
