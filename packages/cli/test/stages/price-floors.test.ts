import fc from 'fast-check'
import t from 'tap'
import { describeFloor } from '../../src/node/price-floor.ts'
import { describePassedOver, reachesFloor } from '../../src/stages/price-floors.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

t.test(
  `a price reaches a floor that is not above it, however many digits it has (SEED=${seed})`,
  async (t) => {
    const fraction = fc.bigInt({ min: 0n, max: 999_999n })
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 24n }),
        fraction,
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        (whole, rest, floor) => {
          const price = `${whole}.${String(rest).padStart(6, '0')}`
          return reachesFloor(price, floor) === whole * 1_000_000n + rest >= floor * 1_000_000n
        },
      ),
      { seed },
    )
    t.ok(reachesFloor('0', 0n))
    t.ok(reachesFloor(undefined, undefined), 'no floor is always reached')
    t.notOk(reachesFloor(undefined, 1n), 'a model without a price is below any')
  },
)

t.test('a node says which price is below its floor', async (t) => {
  const prices = [
    { model: 'small', price: '1.25' },
    { model: 'large', price: '1.9' },
    { model: 'dear', price: '2' },
  ]
  t.equal(describeFloor(prices, 1n), undefined)
  t.equal(
    describeFloor(prices, 2n),
    'not used by new pipelines: price 1.9 of large is below your floor 2, and that of 1 more models',
  )
})

t.test('a driver names a few of those that it passes over', async (t) => {
  const nodes = ['a', 'b', 'c', 'd'].map((node) => ({ node: node as never, priceFloor: 7n }))
  t.equal(describePassedOver([], '1'), '')
  t.equal(
    describePassedOver(nodes, '1.123456789'),
    '4 nodes of the market are passed over, price 1.12346: a (floor 7), b (floor 7), c (floor 7) and 1 more',
  )
})
