import t from 'tap'
import { driverMerit } from '../../src/market-source/driver-merit.ts'
import type { DriverMeritInit } from '../../src/market-source/driver-merit.ts'

const REPUTATION = { completed: 0, failed: 0, flagged: 0, score: 0.5, preference: undefined }
const DRIVER = { reputation: REPUTATION, tokensPerSecond: 20, price: '100', latencyMs: 50 }

function merit(driver: Partial<DriverMeritInit['driver']> = {}, open = 0): number {
  return driverMerit({ driver: { ...DRIVER, ...driver }, open, latencyHalfMs: 200 })
}

t.test('rank, speed and price count in proportion, the way to it by its half time', async (t) => {
  t.equal(merit({ reputation: { ...REPUTATION, score: 1 } }), 2 * merit())
  t.equal(merit({ tokensPerSecond: 40 }), 2 * merit())
  t.equal(merit({ price: '200' }), merit() / 2)
  t.equal(merit({ latencyMs: 200 }), merit({ latencyMs: 0 }) / 2)
  t.equal(merit({ latencyMs: undefined }), merit({ latencyMs: 200 }))
})

t.test('asks that are open at it share its speed', async (t) => {
  t.equal(merit({}, 1), merit() / 2)
  t.equal(merit({}, 3), merit() / 4)
})

t.test('a driver of no speed or no price still compares', async (t) => {
  t.ok(merit({ tokensPerSecond: 0 }) > 0)
  t.ok(Number.isFinite(merit({ price: '0' })))
  t.ok(Number.isFinite(merit({ price: '' })))
})
