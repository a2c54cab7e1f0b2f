import type { PartyId } from '@shardline/identity'
import t from 'tap'
import type { ModelId } from '../../src/ids.ts'
import type { DriverListing } from '../../src/node/listing.ts'
import { parsePrice } from '../../src/price/price-rule.ts'
import { foreignWorker, matchesFilters } from '../../src/reputation/filters.ts'
import type { DriverFilters } from '../../src/reputation/filters.ts'

const id = (name: string): PartyId => name as PartyId
const listing: DriverListing = {
  driver: id('d'),
  model: 'm' as ModelId,
  address: undefined,
  region: 'us-ca',
  sealingKey: undefined,
  numericClass: 'x64-avx2',
  quantization: 'q4',
  workers: [id('w1'), id('w2')],
  tokensPerSecond: 50,
  reportedTokensPerSecond: 60,
  reputation: {
    completed: 10,
    failed: 0,
    flagged: 0,
    score: 0.76,
    preference: { compared: 40, ratio: 0.5, low: 0.35, high: 0.65 },
  },
}
const work = { price: parsePrice('120.5'), outputTokensMax: 100 }

const met: readonly DriverFilters[] = [
  {},
  { drivers: [id('x'), id('d')] },
  { workers: [id('w2')] },
  { workers: [id('w2'), id('w1')], trustedWorkersOnly: true },
  { trustedWorkersOnly: false },
  { completedMin: 10 },
  { successRatioMin: 0.76 },
  { preferenceMin: 0.5 },
  { region: 'us' },
  { region: 'us-ca' },
  { maxPrice: '120.5' },
  { maxTimeMs: 2_000 },
  { numericClass: 'x64-avx2' },
  { quantization: 'q4' },
]

const missed: readonly DriverFilters[] = [
  { drivers: [id('x')] },
  { drivers: [] },
  { workers: [id('w3')] },
  { workers: [] },
  { trustedWorkersOnly: true },
  { completedMin: 11 },
  { successRatioMin: 0.77 },
  { preferenceMin: 0.51 },
  { region: 'u' },
  { region: 'us-ca-1' },
  { maxPrice: '120.4' },
  { maxTimeMs: 1_999 },
  { numericClass: 'arm64' },
  { quantization: 'q8' },
]

t.test('a driver that meets a filter matches', async (t) => {
  for (const filters of met) {
    t.same(matchesFilters(listing, filters, work), { matches: true }, JSON.stringify(filters))
  }
  t.same(matchesFilters(listing, Object.assign({}, ...met), work), { matches: true }, 'all together')
})

t.test('a driver that misses a filter does not match, and the filter is named', async (t) => {
  for (const filters of missed) {
    const [because] = Object.keys(filters)
    t.same(matchesFilters(listing, filters, work), { matches: false, because }, JSON.stringify(filters))
  }
})

t.test('every worker behind the driver must be trusted when only trusted ones may serve', async (t) => {
  const filters = { workers: [id('w1')], trustedWorkersOnly: true }
  t.same(matchesFilters(listing, filters), { matches: false, because: 'trustedWorkersOnly' })
  t.same(matchesFilters({ ...listing, workers: [] }, { trustedWorkersOnly: true }), { matches: true })
})

t.test('a driver that runs all layers itself needs no worker on the list', async (t) => {
  t.same(matchesFilters({ ...listing, workers: [] }, { workers: [id('w1')] }), { matches: true })
})

t.test('a driver without a shown preference or region does not meet a filter on it', async (t) => {
  const unknown = {
    ...listing,
    region: undefined,
    reputation: { ...listing.reputation, preference: undefined },
  }
  t.same(matchesFilters(unknown, { preferenceMin: 0 }), { matches: false, because: 'preferenceMin' })
  t.same(matchesFilters(unknown, { region: 'us' }), { matches: false, because: 'region' })
})

t.test('price and time are not checked before they are known', async (t) => {
  t.same(matchesFilters(listing, { maxPrice: '1', maxTimeMs: 1 }), { matches: true })
})

t.test('a bound that is no price is refused', async (t) => {
  t.throws(() => matchesFilters(listing, { maxPrice: 'cheap' }, work), { code: 'MARKET_INPUT_INVALID' })
})

t.test('the first participant that the filters keep out is named', async (t) => {
  t.equal(foreignWorker([id('w1'), id('w2')], {}), undefined)
  t.equal(foreignWorker([id('w1'), id('w2')], { workers: [id('w1')] }), 'w2')
  t.equal(foreignWorker([id('w1')], { trustedWorkersOnly: true }), 'w1')
  t.equal(foreignWorker([], { trustedWorkersOnly: true }), undefined)
})
