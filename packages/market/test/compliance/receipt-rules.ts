import type { StageReceipt } from '@shardline/identity'
import type { Test } from 'tap'
import { claim } from '../../src/request/claim.ts'
import { deliver } from '../../src/request/deliver.ts'
import type { SignedReceipt } from '../../src/request/inputs.ts'
import { release } from '../../src/request/release.ts'
import { start } from '../../src/request/start.ts'
import { DELIVERED } from '../support/played-market.ts'
import type { PlayedMarket } from '../support/played-market.ts'

/** What the market promises about proof: it counts from the participants of the current fence, signed, whole and once. */
export async function receiptRules(t: Test, market: PlayedMarket): Promise<void> {
  const { context } = market
  const driver = market.id('driver')
  const id = await market.running()
  const other = await market.running()
  await release(context, driver, { id, fence: 1 })
  await claim(context, driver, { id })
  await start(context, driver, { id, fence: 2, participants: market.pipeline })
  const bodies = await market.bodies(id)
  const [ofDriver, first, second, validator] = bodies as readonly [
    StageReceipt,
    StageReceipt,
    StageReceipt,
    StageReceipt,
  ]
  const signed = (changed: readonly StageReceipt[]) => changed.map((body) => market.sign(body))
  const hand = (receipts: readonly SignedReceipt[], delivered = DELIVERED) =>
    deliver(context, driver, { id, fence: 2, delivered, receipts })
  const tampered = (receipt: SignedReceipt, change: Partial<StageReceipt>): SignedReceipt => ({
    ...receipt,
    body: { ...(receipt['body'] as object), ...change },
  })
  const genuine = signed(bodies)
  const rest = genuine.slice(0, 3)
  const cases: readonly (readonly [string, readonly SignedReceipt[], string])[] = [
    ['a forged signature', [...rest, market.sign(validator, market.parties.driver)], 'signature'],
    ['counts changed after signing', [...rest, tampered(genuine[3]!, { outputTokens: 7 })], 'signature'],
    ['no signature', [...rest, { ...genuine[3], signature: undefined }], 'signature'],
    ['another purpose', [...rest, { ...genuine[3], purpose: 'shardline/other' }], 'signature'],
    ['a foreign node', [...rest, market.sign({ ...validator, node: market.id('solo') })], 'foreign-node'],
    ['a stale fence', signed([ofDriver, first, second, { ...validator, fence: 1 }]), 'stale-fence'],
    [
      "another request's",
      signed([ofDriver, first, second, { ...validator, request: other }]),
      'other-request',
    ],
    ['a doubled receipt', signed([...bodies, second]), 'doubled'],
    ['a gap', signed([ofDriver, first, validator]), 'gap'],
    [
      'an overlap',
      signed([ofDriver, first, { ...second, layers: { first: 9, last: 23 } }, validator]),
      'overlap',
    ],
    [
      'ranges that were not planned',
      signed([
        ofDriver,
        { ...first, layers: { first: 0, last: 10 } },
        { ...second, layers: { first: 11, last: 23 } },
        validator,
      ]),
      'layers-not-planned',
    ],
    ['no validator', rest, 'missing'],
    ['no receipts at all', [], 'missing'],
    [
      'counts that differ',
      signed([ofDriver, first, second, { ...validator, outputTokens: 49_999 }]),
      'counts-differ',
    ],
    [
      'a fifth field with words in it',
      [...rest, tampered(genuine[3]!, { words: 'x' } as object)],
      'malformed',
    ],
    [
      'a nonce with words in it',
      [...rest, { ...genuine[3], nonce: 'once_upon_a_time_there_was' }],
      'malformed',
    ],
    [
      'a numeric class with words in it',
      signed([ofDriver, first, second, { ...validator, numericClass: 'once upon a time' }]),
      'malformed',
    ],
    ['no body', [...rest, { ...genuine[3], body: null }], 'malformed'],
    ['a body of another kind', [...rest, tampered(genuine[3]!, { layers: 'all' as never })], 'malformed'],
    [
      'another numeric class',
      signed([ofDriver, first, second, { ...validator, numericClass: 'x' }]),
      'other-numeric-class',
    ],
  ]
  for (const [what, receipts, reason] of cases) {
    await t.test(`${what}: refused as ${reason}, and the request runs on`, async (t) => {
      const before = await market.row(id)
      await t.rejects(hand(receipts), { code: 'MARKET_RECEIPTS_REFUSED', details: { reason } })
      const { receipts: kept, ...after } = await market.row(id)
      const { receipts: _, ...rest } = before
      t.same(after, rest)
      t.same(kept, { refused: reason }, 'only the reason is kept')
    })
  }

  await t.test('counts that are not of the receipts are refused', async (t) => {
    await t.rejects(hand(genuine, { prompt: DELIVERED.prompt, output: 49_999 }), {
      code: 'MARKET_RECEIPTS_REFUSED',
      details: { reason: 'counts-differ' },
    })
  })

  await t.test('more receipts than a pipeline can have are refused unread', async (t) => {
    const many = Array.from({ length: 259 }, () => ({}))
    await t.rejects(hand(many), { code: 'MARKET_LIMIT' })
  })

  await t.test('the right receipts are taken after all that, in any order', async (t) => {
    const done = await hand([...genuine].toReversed())
    t.match(done, { state: 'DELIVERED', delivered: DELIVERED })
    const { accepted } = (await market.row(id)).receipts as { readonly accepted: readonly object[] }
    t.equal(accepted.length, 4)
    t.same(
      Object.keys(accepted[0] ?? {}).toSorted(),
      ['body', 'issuedAtMs', 'nonce', 'purpose', 'signature', 'signer'],
      'what was signed is kept, and nothing else',
    )
  })
}
