import fc from 'fast-check'
import t from 'tap'
import { cancelFee, fairPrice } from '../../src/price/fair-price.ts'
import type { FairPriceInit } from '../../src/price/fair-price.ts'
import { nextPrice, parsePrice, priceFromMicrocredits } from '../../src/price/price-rule.ts'
import type { ScaledPrice } from '../../src/price/price-rule.ts'

const seed = Number(process.env['SEED'] ?? 41_007)
t.comment(`SEED=${seed}`)

const TPS = 1_000n
const BASE = priceFromMicrocredits(100n)
const HIGH = priceFromMicrocredits(1_000_000n)
const served = (tokens: bigint) => ({ maxTokens: tokens, deliveredTokens: tokens, fate: 'served' as const })
const init: FairPriceInit = {
  base: BASE,
  locked: HIGH,
  demand: [served(6_000n)],
  supplyAtLockTps: 100n * TPS,
  driverReportedAtLockTps: 100n * TPS,
  driverShownTps: 100n * TPS,
}

t.test('the bill is one step of the rule from the base, at real demand and supply', async (t) => {
  t.equal(fairPrice(init), priceFromMicrocredits(160n))
})

t.test('the first one behind a big request pays its locked price to the digit', async (t) => {
  const supplyAtLockTps = 1_000n * TPS
  const locked = nextPrice({
    current: BASE,
    base: BASE,
    supplyTps: supplyAtLockTps,
    demandTokens: 1_000_000n,
  })
  const demand = [served(1_000_000n)]
  const supply = { supplyAtLockTps, driverReportedAtLockTps: supplyAtLockTps, driverShownTps: 0n }
  t.equal(fairPrice({ ...init, ...supply, locked, demand }), locked)
})

t.test('the bill is never above the locked price', async (t) => {
  t.equal(fairPrice({ ...init, locked: parsePrice('123.4') }), parsePrice('123.4'))
})

t.test('demand counts only as far as it was billed', async (t) => {
  const unreal = { maxTokens: 10n ** 9n, deliveredTokens: 10n ** 8n }
  t.equal(fairPrice({ ...init, demand: [{ ...unreal, fate: 'unserved' }] }), BASE)
  t.equal(fairPrice({ ...init, demand: [{ ...unreal, fate: 'open' }] }), BASE)
  t.equal(
    fairPrice({ ...init, demand: [{ ...unreal, deliveredTokens: 6_000n, fate: 'served' }] }),
    fairPrice(init),
  )
})

t.test('capacity that a driver hid counts when it shows', async (t) => {
  const hidden = { ...init, supplyAtLockTps: 1n * TPS, driverReportedAtLockTps: 1n * TPS }
  t.equal(fairPrice(hidden), fairPrice(init))
  t.equal(fairPrice({ ...init, supplyAtLockTps: 0n, driverReportedAtLockTps: 0n }), fairPrice(init))
})

t.test('capacity that was hidden behind another identity counts when it shows', async (t) => {
  const halves = {
    ...init,
    supplyAtLockTps: 2n * TPS,
    driverReportedAtLockTps: 1n * TPS,
    driverShownTps: 50n * TPS,
  }
  t.ok(fairPrice(halves) > fairPrice(init))
  t.equal(fairPrice({ ...halves, hiddenElsewhereTps: 49n * TPS }), fairPrice(init))
})

t.test('a driver that shows less than it counted with makes no scarcity', async (t) => {
  t.equal(fairPrice({ ...init, driverShownTps: 1n }), fairPrice(init))
})

t.test('a price that was locked without supply has at most one step of 2.8', async (t) => {
  const none = { supplyAtLockTps: 0n, driverReportedAtLockTps: 0n }
  t.equal(fairPrice({ ...init, ...none, driverShownTps: 1n }), priceFromMicrocredits(280n))
  t.equal(fairPrice({ ...init, ...none, driverShownTps: 0n }), priceFromMicrocredits(280n))
  t.equal(fairPrice({ ...init, ...none, driverShownTps: 0n, demand: [] }), BASE)
})

t.test('a part of the supply that is larger than the whole is a bug of the caller', async (t) => {
  t.throws(() => fairPrice({ ...init, supplyAtLockTps: 1n }), { code: 'CORE_ASSERTION_FAILED' })
})

const base = fc.bigInt({ min: 1n, max: 10n ** 24n }) as fc.Arbitrary<ScaledPrice>
const tokens = fc.bigInt({ min: 1n, max: 10n ** 8n })
const supply = fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 10n ** 9n }))

t.test(
  'in a market where all is served the bill of everyone who comes later is the same however events went',
  async () => {
    const event = fc.record({ supplyTps: supply, tokens })
    fc.assert(
      fc.property(base, fc.array(event, { minLength: 1, maxLength: 20 }), (floor, events) => {
        let current = floor
        let demandTokens = 0n
        let supplyTps = 0n
        for (const change of events) {
          demandTokens += change.tokens
          supplyTps = change.supplyTps
          current = nextPrice({ current, base: floor, supplyTps, demandTokens })
        }
        const fair = fairPrice({
          base: floor,
          locked: current,
          demand: [served(demandTokens)],
          supplyAtLockTps: supplyTps,
          driverReportedAtLockTps: supplyTps,
          driverShownTps: supplyTps,
        })
        return fair === nextPrice({ current: floor, base: floor, supplyTps, demandTokens })
      }),
      { seed, numRuns: 5_000 },
    )
  },
)

t.test('taking a request back costs a tenth of its hold, and never nothing', async (t) => {
  t.equal(cancelFee(1_000n), 100n)
  t.equal(cancelFee(1n), 1n)
  t.equal(cancelFee(0n), 0n)
  t.equal(cancelFee(1_000n, 0), 0n)
  t.equal(cancelFee(1_001n, 500), 51n)
  t.equal(cancelFee(7n, 10_000), 7n)
  t.throws(() => cancelFee(-1n), { code: 'CORE_ASSERTION_FAILED' })
})
