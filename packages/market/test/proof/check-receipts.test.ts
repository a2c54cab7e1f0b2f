import type { PartyId, StageReceipt } from '@shardline/identity'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import type { ModelId, RequestId } from '../../src/ids.ts'
import { checkReceipts } from '../../src/proof/check-receipts.ts'
import type { ReceiptPlan, ReceiptRefusal } from '../../src/proof/check-receipts.ts'
import { layerFault } from '../../src/proof/layer-fault.ts'

const seed = Number(process.env['SEED'] ?? 41_006)
t.comment(`SEED=${seed}`)

const id = (name: string): PartyId => name as PartyId
const plan: ReceiptPlan = {
  request: 'r' as RequestId,
  model: 'm' as ModelId,
  numericClass: 'c',
  driver: id('d'),
  participants: {
    validator: id('v'),
    workers: [
      { node: id('w1'), first: 0, last: 9 },
      { node: id('w2'), first: 10, last: 24 },
    ],
    layerCount: 25,
  },
  promptTokensMax: 100,
  outputTokensMax: 50,
}
const receipt = (role: StageReceipt['role'], node: string): StageReceipt => ({
  request: plan.request,
  fence: 3,
  role,
  node: id(node),
  layers: null,
  model: plan.model,
  numericClass: 'c',
  promptTokens: 80,
  outputTokens: 40,
  root: 'ab'.repeat(32),
})
const ran = (node: string, first: number, last: number): StageReceipt => ({
  ...receipt('worker', node),
  layers: { first, last },
})

const driver = receipt('driver', 'd')
const validator = receipt('validator', 'v')
const first = ran('w1', 0, 9)
const second = ran('w2', 10, 24)
const whole = [driver, first, second, validator]

const check = (receipts: readonly StageReceipt[], over: Partial<ReceiptPlan> = {}) =>
  checkReceipts({ plan: { ...plan, ...over }, receipts, fence: 3, layerCount: 25 })

function refuses(
  t: Test,
  receipts: readonly StageReceipt[],
  [refusal, node]: readonly [ReceiptRefusal, string?],
): void {
  t.same(check(receipts), { ok: false, refusal, node }, refusal)
}

t.test('one receipt of each participant shows what was delivered, in whatever order', async (t) => {
  t.same(check(whole), { ok: true, promptTokens: 80, outputTokens: 40 })
  t.same(check(whole.toReversed()), { ok: true, promptTokens: 80, outputTokens: 40 })
})

t.test('a node in all roles hands in one receipt for each', async (t) => {
  const workers = [{ node: id('d'), first: 0, last: 24 }]
  const receipts = [driver, ran('d', 0, 24), receipt('validator', 'd')]
  t.ok(check(receipts, { participants: { validator: id('d'), workers, layerCount: 25 } }).ok)
})

t.test('without workers driver and validator are enough, and layers are nobody else to claim', async (t) => {
  const participants = { validator: id('v'), workers: [], layerCount: 25 }
  t.ok(check([driver, validator], { participants }).ok)
  t.match(check([driver, validator, ran('w1', 0, 24)], { participants }), { refusal: 'foreign-node' })
})

t.test("another request's receipt is refused", async (t) => {
  refuses(t, [...whole, { ...first, request: 'other' as RequestId }], ['other-request', 'w1'])
})

t.test('a receipt of an older or newer claim is refused', async (t) => {
  refuses(t, [driver, first, { ...second, fence: 2 }, validator], ['stale-fence', 'w2'])
  refuses(t, [driver, first, { ...second, fence: 4 }, validator], ['stale-fence', 'w2'])
})

t.test('a receipt of a node that takes no part in that role is refused', async (t) => {
  refuses(t, [...whole, ran('w3', 0, 9)], ['foreign-node', 'w3'])
  refuses(t, [...whole, receipt('driver', 'w1')], ['foreign-node', 'w1'])
  refuses(t, [...whole, receipt('validator', 'd')], ['foreign-node', 'd'])
  refuses(t, [...whole, ran('v', 0, 9)], ['foreign-node', 'v'])
})

t.test('a receipt for another model or numeric class is refused', async (t) => {
  refuses(t, [driver, { ...first, model: 'x' as ModelId }], ['other-model', 'w1'])
  refuses(t, [driver, { ...first, numericClass: 'x' }], ['other-numeric-class', 'w1'])
})

t.test('a receipt that is not well formed is refused', async (t) => {
  for (const broken of [
    { ...first, layers: null },
    { ...driver, layers: { first: 0, last: 24 } },
    { ...first, promptTokens: -1 },
    { ...first, outputTokens: 0.5 },
    { ...first, root: 'AB'.repeat(32) },
    { ...first, root: 'ab' },
    ran('w1', -1, 9),
  ]) {
    refuses(t, [broken], ['malformed', broken.node])
  }
})

t.test('the same receipt twice is refused', async (t) => {
  refuses(t, [...whole, first], ['doubled', 'w1'])
  refuses(t, [...whole, { ...driver, outputTokens: 41 }], ['doubled', 'd'])
})

t.test('layers that nobody has a receipt for are a gap', async (t) => {
  refuses(t, [driver, second, validator], ['gap', 'w2'])
  refuses(t, [driver, first, validator], ['gap'])
  refuses(t, [driver, first, ran('w2', 12, 24), validator], ['gap', 'w2'])
})

t.test('layers that two receipts claim are an overlap', async (t) => {
  refuses(t, [driver, first, ran('w2', 9, 24), validator], ['overlap', 'w2'])
  refuses(t, [...whole, ran('w2', 0, 24)], ['overlap', 'w2'])
  refuses(t, [driver, first, ran('w2', 10, 25), validator], ['overlap', 'w2'])
})

t.test('layers that were cut otherwise than planned are refused', async (t) => {
  refuses(t, [driver, ran('w1', 0, 8), ran('w2', 9, 24), validator], ['layers-not-planned', 'w1'])
})

t.test('a participant without a receipt is named', async (t) => {
  refuses(t, [first, second, validator], ['missing', 'd'])
  refuses(t, [driver, first, second], ['missing', 'v'])
  refuses(t, [], ['missing', 'd'])
})

t.test('participants that count differently are refused, and so is more than was asked for', async (t) => {
  refuses(t, [driver, first, { ...second, outputTokens: 41 }, validator], ['counts-differ', 'w2'])
  refuses(
    t,
    whole.map((it) => ({ ...it, outputTokens: 51 })),
    ['counts-above-asked'],
  )
  refuses(
    t,
    whole.map((it) => ({ ...it, promptTokens: 101 })),
    ['counts-above-asked'],
  )
})

t.test('ranges cover each layer once exactly when no layer is counted otherwise', async () => {
  const part = fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }))
    .map(([start, end]) => ({ node: id('w'), first: Math.min(start, end), last: Math.max(start, end) }))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const counted = Array.from(
        { length: 7 },
        (_, layer) => parts.filter((it) => it.first <= layer && layer <= it.last).length,
      )
      return (layerFault(parts, 7) === undefined) === counted.every((times) => times === 1)
    }),
    { seed, numRuns: 5_000 },
  )
})
