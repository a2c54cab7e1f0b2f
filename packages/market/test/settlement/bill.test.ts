import fc from 'fast-check'
import t from 'tap'
import { amountOf, priceFromMicrocredits } from '../../src/price/price-rule.ts'
import type { ScaledPrice } from '../../src/price/price-rule.ts'
import { bill } from '../../src/settlement/bill.ts'
import type { BillInit } from '../../src/settlement/bill.ts'

const seed = Number(process.env['SEED'] ?? 41_002)
t.comment(`SEED=${seed}`)

const PRICE = priceFromMicrocredits(1_000_000n)
const init: BillInit = {
  lockedPrice: PRICE,
  fair: PRICE,
  promptTokensBound: 100,
  maxTokens: 50,
  claimed: { prompt: 80, output: 40 },
  acknowledged: { prompt: 80, output: 40 },
  hold: 150n,
}

t.test('what was delivered is billed, the rest goes back', async (t) => {
  t.same(bill(init), { promptTokens: 80, outputTokens: 40, price: PRICE, billed: 120n, refund: 30n })
})

t.test('of claimed, acknowledged and asked the least counts', async (t) => {
  t.equal(bill({ ...init, acknowledged: { prompt: 70, output: 3 } }).billed, 73n)
  t.equal(bill({ ...init, claimed: { prompt: 0, output: 7 } }).billed, 7n)
  const huge = { prompt: 999, output: 999 }
  t.equal(bill({ ...init, claimed: huge, acknowledged: huge }).billed, 150n)
  t.equal(bill({ ...init, acknowledged: { prompt: 0, output: 0 } }).refund, 150n)
})

t.test('the fair price lowers a bill and never raises it', async (t) => {
  t.equal(bill({ ...init, fair: priceFromMicrocredits(500_000n) }).billed, 60n)
  t.equal(bill({ ...init, fair: priceFromMicrocredits(9_000_000n) }).billed, 120n)
})

t.test('counts that are no counts are a bug of the caller', async (t) => {
  t.throws(() => bill({ ...init, claimed: { prompt: 1.5, output: 0 } }), { code: 'CORE_ASSERTION_FAILED' })
  t.throws(() => bill({ ...init, claimed: { prompt: 0, output: -1 } }), { code: 'CORE_ASSERTION_FAILED' })
})

const count = fc.nat(100_000)
const counts = fc.record({ prompt: count, output: count })
const price = fc.bigInt({ min: 1n, max: 10n ** 28n }) as fc.Arbitrary<ScaledPrice>
const anyInit: fc.Arbitrary<BillInit> = fc
  .record({
    lockedPrice: price,
    fair: price,
    promptTokensBound: count,
    maxTokens: count,
    claimed: counts,
    acknowledged: counts,
  })
  .map((it) => ({ ...it, hold: amountOf(it.lockedPrice, BigInt(it.promptTokensBound + it.maxTokens)) }))

t.test('bill and refund are the hold, and neither is negative', async () => {
  fc.assert(
    fc.property(anyInit, (it) => {
      const { billed, refund } = bill(it)
      return billed >= 0n && refund >= 0n && billed + refund === it.hold
    }),
    { seed, numRuns: 20_000 },
  )
})

t.test('the cap by the hold never takes anything from a bill at the locked price', async () => {
  fc.assert(
    fc.property(anyInit, (it) => {
      const { billed, promptTokens, outputTokens, price: applied } = bill(it)
      return billed === amountOf(applied, BigInt(promptTokens + outputTokens))
    }),
    { seed, numRuns: 20_000 },
  )
})

t.test('acknowledging, claiming or pricing more never makes a lower bill', async () => {
  fc.assert(
    fc.property(anyInit, counts, price, (it, more, extra) => {
      const add = (a: typeof more): typeof more => ({
        prompt: a.prompt + more.prompt,
        output: a.output + more.output,
      })
      const { billed } = bill(it)
      return (
        bill({ ...it, acknowledged: add(it.acknowledged) }).billed >= billed &&
        bill({ ...it, claimed: add(it.claimed) }).billed >= billed &&
        bill({ ...it, fair: (it.fair + extra) as ScaledPrice }).billed >= billed
      )
    }),
    { seed, numRuns: 20_000 },
  )
})
