import type { PartyId } from '@shardline/identity'
import fc from 'fast-check'
import t from 'tap'
import { splitReward } from '../../src/settlement/split.ts'
import type { SplitInit } from '../../src/settlement/split.ts'

const seed = Number(process.env['SEED'] ?? 41_003)
t.comment(`SEED=${seed}`)

const id = (name: string): PartyId => name as PartyId
const init: SplitInit = {
  billed: 1_000n,
  feeBps: 0,
  driver: id('d'),
  validator: id('v'),
  workers: [
    { node: id('w1'), layers: 10 },
    { node: id('w2'), layers: 15 },
  ],
  policy: 'equal',
}
const amounts = (it: SplitInit): Record<string, bigint> =>
  Object.fromEntries(splitReward(it).legs.map(({ node, amount }) => [node, amount]))

t.test('driver, workers and validator get 15, 70 and 15 % of the pool', async (t) => {
  t.same(amounts(init), { d: 150n, v: 150n, w1: 350n, w2: 350n })
  t.same(amounts({ ...init, policy: 'by_layers' }), { d: 150n, v: 150n, w1: 280n, w2: 420n })
})

t.test("the fee comes out of the servers' part, rounded to nearest", async (t) => {
  const { fee, legs } = splitReward({ ...init, feeBps: 1_000 })
  t.equal(fee, 100n)
  t.same(
    legs.map(({ amount }) => amount),
    [135n, 135n, 315n, 315n],
  )
  t.equal(splitReward({ ...init, billed: 4n, feeBps: 1_000 }).fee, 0n)
  t.equal(splitReward({ ...init, billed: 5n, feeBps: 1_000 }).fee, 1n)
  t.equal(splitReward({ ...init, billed: 1n, feeBps: 0 }).fee, 0n)
  t.equal(splitReward({ ...init, feeBps: 10_000 }).fee, 1_000n)
})

t.test('without workers their part is the driver', async (t) => {
  t.same(splitReward({ ...init, workers: [] }).legs, [
    { node: 'd', amount: 850n, roles: ['driver', 'worker'] },
    { node: 'v', amount: 150n, roles: ['validator'] },
  ])
})

t.test('a node in several roles gets one leg with all of its parts', async (t) => {
  const node = id('one')
  t.same(splitReward({ ...init, driver: node, validator: node, workers: [] }).legs, [
    { node, amount: 1_000n, roles: ['driver', 'worker', 'validator'] },
  ])
  const both = splitReward({ ...init, validator: id('w1') })
  t.same(both.legs[1], { node: 'w1', amount: 500n, roles: ['worker', 'validator'] })
})

t.test('cutting a range in two pays no more', async (t) => {
  const workers = [
    { node: id('w1'), layers: 5 },
    { node: id('w1'), layers: 5 },
    { node: id('w2'), layers: 15 },
  ]
  for (const policy of ['equal', 'by_layers'] as const) {
    t.same(amounts({ ...init, policy, workers }), amounts({ ...init, policy }), policy)
  }
})

t.test('what is left goes to the largest remainders, on a tie to the lower id', async (t) => {
  t.same(amounts({ ...init, billed: 1n }), { d: 0n, v: 0n, w1: 1n, w2: 0n })
  t.same(amounts({ ...init, billed: 2n }), { d: 0n, v: 0n, w1: 1n, w2: 1n })
  t.same(amounts({ ...init, billed: 10n }), { d: 2n, v: 2n, w1: 3n, w2: 3n })
  t.same(amounts({ ...init, billed: 5n }), { d: 1n, v: 1n, w1: 2n, w2: 1n })
})

t.test('what makes no sense is a bug of the caller', async (t) => {
  for (const wrong of [
    { billed: -1n },
    { feeBps: 10_001 },
    { feeBps: 0.5 },
    { workers: [{ node: id('w'), layers: 0 }] },
  ]) {
    t.throws(() => splitReward({ ...init, ...wrong }), { code: 'CORE_ASSERTION_FAILED' })
  }
})

const node = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f').map(id)
const anyInit: fc.Arbitrary<SplitInit> = fc.record({
  billed: fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, 2n ** 63n - 1n)),
  feeBps: fc.oneof(fc.constant(1_000), fc.integer({ min: 0, max: 10_000 })),
  driver: node,
  validator: node,
  workers: fc.array(fc.record({ node, layers: fc.integer({ min: 1, max: 128 }) }), { maxLength: 8 }),
  policy: fc.constantFrom('equal', 'by_layers'),
})

t.test('fee and legs are the bill, none is negative, and each node has one leg', async () => {
  fc.assert(
    fc.property(anyInit, (it) => {
      const { fee, legs } = splitReward(it)
      const sum = legs.reduce((total, { amount }) => total + amount, fee)
      const nodes = new Set([it.driver, it.validator, ...it.workers.map((worker) => worker.node)])
      return (
        sum === it.billed &&
        fee >= 0n &&
        legs.every(({ amount }) => amount >= 0n) &&
        legs.length === nodes.size &&
        legs.every((leg) => nodes.has(leg.node))
      )
    }),
    { seed, numRuns: 20_000 },
  )
})

t.test('the order of the workers changes nothing', async () => {
  fc.assert(
    fc.property(
      anyInit.chain((it) =>
        fc.tuple(
          fc.constant(it),
          fc.shuffledSubarray([...it.workers], {
            minLength: it.workers.length,
            maxLength: it.workers.length,
          }),
        ),
      ),
      ([it, workers]) => {
        const show = (each: SplitInit): string =>
          splitReward(each)
            .legs.map(({ node: who, amount }) => `${who} ${amount}`)
            .join()
        return show(it) === show({ ...it, workers })
      },
    ),
    { seed, numRuns: 20_000 },
  )
})

t.test('each leg is less than a microcredit off its exact share', async () => {
  fc.assert(
    fc.property(anyInit, (it) => {
      const { fee, legs } = splitReward(it)
      const pool = it.billed - fee
      return legs.every(({ node: who, amount }) => {
        const [part, whole] = exactShare(it, who)
        const off = amount * whole - pool * part
        return off > -whole && off < whole
      })
    }),
    { seed, numRuns: 20_000 },
  )
})

/** A node's share of the pool as a fraction, written from the rule and not from the code. */
function exactShare(it: SplitInit, who: PartyId): readonly [bigint, bigint] {
  const weightOf = (name: PartyId): bigint => {
    const mine = it.workers.filter((worker) => worker.node === name)
    if (it.policy === 'equal') return mine.length > 0 ? 1n : 0n
    return mine.reduce((sum, { layers }) => sum + BigInt(layers), 0n)
  }
  const all = [...new Set(it.workers.map((worker) => worker.node))].reduce(
    (sum, name) => sum + weightOf(name),
    0n,
  )
  const whole = 100n * (all === 0n ? 1n : all)
  let part = 0n
  if (who === it.driver) part += (whole * (all === 0n ? 85n : 15n)) / 100n
  if (who === it.validator) part += (whole * 15n) / 100n
  return [part + 70n * weightOf(who), whole]
}

t.test('more to divide gives nobody less, but for a microcredit of rounding', async () => {
  fc.assert(
    fc.property(anyInit, fc.bigInt(0n, 10n ** 12n), (it, more) => {
      const before = splitReward({ ...it, feeBps: 0 }).legs
      const after = splitReward({ ...it, feeBps: 0, billed: it.billed + more }).legs
      return before.every(({ amount }, index) => (after[index]?.amount ?? -1n) >= amount - 1n)
    }),
    { seed, numRuns: 20_000 },
  )
})
