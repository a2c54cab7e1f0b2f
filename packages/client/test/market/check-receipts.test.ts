import { SeededRandom, systemClock } from '@shardline/core'
import { createIdentity, signStageReceipt } from '@shardline/identity'
import type { Identity, SignedStageReceipt, StageReceipt } from '@shardline/identity'
import t from 'tap'
import { checkReceipts } from '../../src/index.ts'
import type { MarketRequest } from '../../src/index.ts'

const ID = '00000000-0000-4000-8000-000000000001'
const MODEL = 'm/q4'
const random = new SeededRandom(1)
const parties: readonly Identity[] = [
  await createIdentity(random),
  await createIdentity(random),
  await createIdentity(random),
  await createIdentity(random),
  await createIdentity(random),
]
const [driver, first, second, validator, stranger] = parties.map((identity) => identity.id)
const nobody = stranger ?? ''

const REQUEST = {
  id: ID,
  state: 'COMPLETED',
  model: MODEL,
  driver,
  fence: 2,
  delivered: { prompt: 7, output: 12 },
  participants: {
    validator,
    workers: [
      { node: first, first: 0, last: 3 },
      { node: second, first: 4, last: 7 },
    ],
    layerCount: 8,
  },
  settlement: { payouts: [{ node: driver, amount: 1n }] },
} as unknown as MarketRequest

function sign(index: number, more: Partial<StageReceipt>): SignedStageReceipt {
  const identity = parties[index]
  if (identity === undefined) throw new Error('a party')
  const receipt: StageReceipt = {
    request: ID,
    fence: 2,
    role: 'worker',
    node: identity.id,
    layers: null,
    model: MODEL,
    numericClass: 'x86-avx2',
    promptTokens: 7,
    outputTokens: 12,
    root: 'ab'.repeat(32),
    ...more,
  }
  return signStageReceipt({ identity, clock: systemClock, receipt })
}

const low = { first: 0, last: 3 }
const high = { first: 4, last: 7 }

/** A whole set, with something else in place of one of them. */
function receipts(more: readonly Partial<StageReceipt>[] = []): readonly SignedStageReceipt[] {
  return [
    sign(3, { role: 'validator', ...more[3] }),
    sign(2, { layers: high, ...more[2] }),
    sign(1, { layers: low, ...more[1] }),
    sign(0, { role: 'driver', ...more[0] }),
  ]
}

t.test('a whole set holds, and comes in the order of the pipeline', async (t) => {
  const checked = await checkReceipts(REQUEST, receipts(), systemClock)
  t.equal(checked.layerCount, 8)
  t.same(
    checked.receipts.map(({ body }) => body.node),
    [driver, first, second, validator],
  )
})

t.test('a driver that ran all layers itself needs no workers', async (t) => {
  const [signedByValidator, , , signedByDriver] = receipts()
  const checked = await checkReceipts(REQUEST, [signedByDriver, signedByValidator], systemClock)
  t.equal(checked.receipts.length, 2)
})

t.test('whatever does not fit is refused by what is wrong', async (t) => {
  const whole = receipts()
  const [signedByValidator, ofSecond, ofFirst, signedByDriver] = whole
  const changed = { ...ofFirst, body: { ...ofFirst?.body, outputTokens: 13 } }
  const cases: readonly (readonly [why: RegExp, given: readonly unknown[], request?: object])[] = [
    [/no object/, ['x']],
    [/signature|does not hold|signed/i, [signedByValidator, ofSecond, changed, signedByDriver]],
    [/is for request/, receipts([{}, { request: ID.replace(/1$/, '2') }])],
    [/is for claim 1; delivered was claim 2/, receipts([{}, { fence: 1 }])],
    [/is for model other/, receipts([{}, {}, { model: 'other' }])],
    [/counts 7 and 11 tokens; delivered were 7 and 12/, receipts([{}, {}, { outputTokens: 11 }])],
    [/layer 4 is not covered once/, receipts([{}, {}, { layers: low }])],
    [/layer 0 is not covered once/, receipts([{}, { layers: null }])],
    [/layers up to 3 of 8 are covered/, [signedByValidator, ofFirst, signedByDriver]],
    [/driver's is not there once/, [signedByValidator, ofSecond, ofFirst]],
    [/driver's is not there once/, [...whole, signedByDriver]],
    [/validator's is not there once/, [ofSecond, ofFirst, signedByDriver]],
    [/validator's is not there once/, [sign(4, { role: 'validator' }), ofSecond, ofFirst, signedByDriver]],
    [/was paid, and signed none/, whole, { settlement: { payouts: [{ node: nobody, amount: 1n }] } }],
    [/nobody is named/, whole, { participants: undefined }],
  ]
  for (const [why, given, request = {}] of cases) {
    await t.rejects(
      checkReceipts({ ...REQUEST, ...request }, given, systemClock),
      { code: 'CLIENT_RECEIPTS_UNVERIFIED', message: why },
      String(why),
    )
  }
})
