import { SeededRandom, systemClock } from '@shardline/core'
import {
  createIdentity,
  receiptLeaves,
  receiptRoot,
  signMessage,
  signStageReceipt,
} from '@shardline/identity'
import type { ReceiptWindow, StageReceipt } from '@shardline/identity'
import type { ReceiptMessage } from '@shardline/wire'
import t from 'tap'
import { checkBoundaries } from '../../src/proof/check-boundaries.ts'
import { checkCoverage } from '../../src/proof/check-coverage.ts'
import { checkStageReceipt } from '../../src/proof/check-stage-receipt.ts'
import { partOf } from '../../src/proof/stage-receipts.ts'
import type { ExpectedReceipt, StageReceipts } from '../../src/proof/stage-receipts.ts'
import type { StageIdentity } from '../../src/index.ts'

const random = new SeededRandom(1)
const worker = await createIdentity(random)
const other = await createIdentity(random)
const clock = systemClock

const stage: StageIdentity = {
  role: 'worker',
  index: 0,
  address: 'memory:w1',
  node: 'w1',
  layers: { first: 0, count: 4 },
}
const expected: ExpectedReceipt = {
  stage,
  party: worker.id,
  modelDigest: 'ef'.repeat(32),
  salt: '5a'.repeat(32),
  receipt: {
    request: '0190b0c4-0000-7000-8000-000000000001',
    fence: 3,
    role: 'worker',
    layers: { first: 0, last: 3 },
    model: 'toy/f32',
    numericClass: 'toy',
    promptTokens: 30,
    outputTokens: 7,
  },
}
const hash = (digit: string): string => digit.repeat(64)
const window = (position: number, rows: number, more: Partial<ReceiptWindow> = {}): ReceiptWindow => ({
  position,
  rows,
  input: hash('a'),
  output: hash('b'),
  ...more,
})
const windows = [[window(0, 32), window(32, 4)]]

/** What an honest worker answers, or one that signs something else. */
function answer(change: Partial<StageReceipt> = {}, more: Partial<ReceiptMessage> = {}): ReceiptMessage {
  const part = { ...partOf(expected) }
  const receipt: StageReceipt = {
    ...expected.receipt,
    node: worker.id,
    root: receiptRoot(receiptLeaves(part, windows)),
    ...change,
  }
  const signed = signStageReceipt({ identity: worker, clock, receipt })
  return { kind: 'receipt', request: 1, receipt: JSON.stringify(signed), windows, ...more }
}

t.test('takes a receipt for exactly what was asked', async (t) => {
  const checked = await checkStageReceipt(answer(), expected, clock)
  t.match(checked, { stage, windows, signed: { body: { node: worker.id, promptTokens: 30 } } })
})

t.test('refuses a receipt that says anything else, and names the field', async (t) => {
  const changes: readonly (readonly [Partial<StageReceipt>, RegExp])[] = [
    [{ request: '0190b0c4-0000-7000-8000-000000000002' }, /its request is 0190b0c4-.*2, not 0190b0c4-.*1/],
    [{ fence: 2 }, /its fence is 2, not 3/],
    [{ role: 'validator' }, /its role is validator, not worker/],
    [{ layers: { first: 0, last: 4 } }, /its layers are 0-4, not 0-3/],
    [{ layers: { first: 1, last: 3 } }, /its layers are 1-3, not 0-3/],
    [{ layers: null }, /its layers are none, not 0-3/],
    [{ model: 'toy/q4' }, /its model is toy\/q4, not toy\/f32/],
    [{ numericClass: 'other' }, /its numericClass is other, not toy/],
    [{ promptTokens: 31 }, /its promptTokens is 31, not 30/],
    [{ outputTokens: 8 }, /its outputTokens is 8, not 7/],
    [{ root: hash('c') }, /its root is not that of the windows/],
  ]
  for (const [change, message] of changes) {
    await t.rejects(
      checkStageReceipt(answer(change), expected, clock),
      { code: 'DRIVER_RECEIPT_INVALID', message, stage },
      JSON.stringify(change),
    )
  }
})

t.test('refuses windows that are not the ones that were signed', async (t) => {
  const [list] = windows
  const sent: readonly ReceiptMessage['windows'][] = [
    [[window(0, 32), window(32, 5)]],
    [[window(0, 32), window(33, 4)]],
    [[window(0, 32), window(32, 4, { input: hash('c') })]],
    [[window(0, 32), window(32, 4, { output: hash('c') })]],
    [list!.slice(1)],
    [list!.toReversed()],
    [[], list!],
    [],
  ]
  for (const changed of sent) {
    await t.rejects(checkStageReceipt(answer({}, { windows: changed }), expected, clock), {
      code: 'DRIVER_RECEIPT_INVALID',
      message: /its root is not that of the windows/,
    })
  }
})

t.test('takes nobody else, nothing forged, and nothing that is no receipt', async (t) => {
  const good = answer()
  const refuses = (receipt: string, message: RegExp, over: Partial<ExpectedReceipt> = {}): Promise<unknown> =>
    t.rejects(checkStageReceipt({ ...good, receipt }, { ...expected, ...over }, clock), {
      code: 'DRIVER_RECEIPT_INVALID',
      message,
    })
  const { body, ...around } = JSON.parse(good.receipt) as { readonly body: StageReceipt }
  await refuses(good.receipt, /the link proved/, { party: other.id })
  await refuses(good.receipt, /proves nobody/, { party: undefined })
  await refuses(JSON.stringify({ ...around, body: { ...body, outputTokens: 8 } }), /signature is not one of/)
  const elsewhere = signMessage({ identity: worker, clock, random, purpose: 'other', body: { ...body } })
  await refuses(JSON.stringify(elsewhere), /another purpose/)
  const foreign = signMessage({
    identity: other,
    clock,
    random,
    purpose: 'shardline/receipt',
    body: { ...body },
  })
  await refuses(JSON.stringify(foreign), /another party signed it/)
  await refuses(JSON.stringify({ ...around, body: { ...body, more: 1 } }), /not exactly the fields/)
  await refuses('{', /JSON/)
  await refuses('null', /no object/)
})

const receiptsOf = (of: StageReceipts['windows'], who: StageIdentity | undefined = stage): StageReceipts => ({
  stage: who,
  signed: { ...signStageReceipt({ identity: worker, clock, receipt: JSON.parse(answer().receipt).body }) },
  windows: of,
})

t.test('covers every position of every session once, cut at the same places', async (t) => {
  const extents = [{ start: 0, end: 70, isOpen: false }]
  const whole = [window(0, 32), window(32, 32), window(64, 6)]
  checkCoverage(receiptsOf([whole]), extents)
  checkCoverage(receiptsOf([[]]), [{ start: 0, end: 0, isOpen: false }])
  const [a, b, c] = whole
  const cases: readonly (readonly [readonly ReceiptWindow[], RegExp])[] = [
    [[], /end at position 0; the rows end at 70/],
    [[a!, b!], /end at position 64; the rows end at 70/],
    [[b!, c!], /begin at position 32; they must begin at 0/],
    [[a!, c!], /go on at position 64; 32 is the next/],
    [[a!, a!, b!, c!], /go on at position 0; 32 is the next/],
    [[a!, b!, window(64, 7)], /window at position 64 has 7 rows, not 6/],
    [[window(0, 16), window(16, 16), b!, c!], /window at position 0 has 16 rows, not 32/],
    [[window(0, 64), c!], /window at position 0 has 64 rows, not 32/],
    [[a!, b!, c!, window(70, 1)], /window at position 70 has 1 rows, not 0/],
  ]
  for (const [list, message] of cases) {
    t.throws(() => checkCoverage(receiptsOf([list]), extents), { code: 'DRIVER_RECEIPT_INVALID', message })
  }
  t.throws(() => checkCoverage(receiptsOf([whole, whole]), extents), { message: /windows of 2 sessions/ })
})

t.test('of an answer that runs, it covers what is out at the least, and what came since', async (t) => {
  const extents = [{ start: 0, end: 40, isOpen: true }]
  const first = window(0, 32)
  for (const rest of [[window(32, 8)], [window(32, 32)], [window(32, 32), window(64, 1)]]) {
    checkCoverage(receiptsOf([[first, ...rest]]), extents)
  }
  const cases: readonly (readonly [readonly ReceiptWindow[], RegExp])[] = [
    [[], /end at position 0; the rows end at 40/],
    [[first, window(32, 7)], /window at position 32 has 7 rows, not 8/],
    [[first, window(64, 1)], /go on at position 64; 32 is the next/],
    [[first, window(32, 8), window(40, 8)], /window at position 32 has 8 rows, not 16/],
  ]
  for (const [list, message] of cases) {
    t.throws(() => checkCoverage(receiptsOf([list]), extents), { code: 'DRIVER_RECEIPT_INVALID', message })
  }
})

t.test('a validator that took over covers what it chose from', async (t) => {
  const extents = [{ start: 40, end: 70, isOpen: false }]
  checkCoverage(receiptsOf([[window(40, 24), window(64, 6)]]), extents)
  checkCoverage(receiptsOf([[window(32, 32), window(64, 6)]]), extents)
  t.throws(() => checkCoverage(receiptsOf([[window(41, 23), window(64, 6)]]), extents), {
    message: /begin at position 41; they must begin at 40 at the latest/,
  })
})

t.test('names both sides of the first boundary whose rows differ', async (t) => {
  const second: StageIdentity = { ...stage, index: 1, node: 'w2', layers: { first: 4, count: 4 } }
  const validator: StageIdentity = { ...stage, role: 'validator', node: 'v', layers: undefined }
  const [x, y, z] = [hash('1'), hash('2'), hash('3')]
  const honest = [
    receiptsOf([[window(0, 32, { output: x }), window(32, 4, { output: y })]], undefined),
    receiptsOf([[window(0, 32, { input: x, output: y }), window(32, 4, { input: y, output: z })]]),
    receiptsOf([[window(0, 32, { input: y, output: z }), window(32, 4, { input: z, output: x })]], second),
    receiptsOf([[window(32, 4, { input: x })]], validator),
  ]
  checkBoundaries(honest.map((it, index) => (index === 0 ? { ...it, stage: undefined } : it)))
  const parties = honest.map((it, index) => (index === 0 ? { ...it, stage: undefined } : it))
  const changed = (index: number, place: number, change: Partial<ReceiptWindow>): readonly StageReceipts[] =>
    parties.map((it, at) => {
      if (at !== index) return it
      const list = it.windows[0]!.map((one, n) => (n === place ? { ...one, ...change } : one))
      return { ...it, windows: [list] }
    })
  const cases: readonly (readonly [readonly StageReceipts[], object])[] = [
    [changed(1, 1, { output: x }), { giver: stage, taker: second }],
    [changed(2, 0, { input: x }), { giver: stage, taker: second }],
    [changed(0, 1, { output: z }), { giver: undefined, taker: stage }],
    [changed(3, 0, { input: z }), { giver: second, taker: validator }],
  ]
  for (const [list, names] of cases) {
    t.throws(() => checkBoundaries(list), { code: 'DRIVER_RECEIPT_MISMATCH', ...names })
  }
  t.throws(() => checkBoundaries(changed(1, 1, { output: x })), {
    message:
      /worker 2 \(node w2.* took other rows than worker 1 \(node w1.* positions 32 to 35 of choice 1 differ/,
  })
  checkBoundaries(changed(3, 0, { rows: 3, input: z }))
})
