import { ManualClock } from '@shardline/core'
import t from 'tap'
import {
  NONCE_BYTES,
  RECEIPT_PURPOSE,
  readStageReceipt,
  signMessage,
  signStageReceipt,
  verifyStageReceipt,
} from '../../src/index.ts'
import type { SignedStageReceipt, StageReceipt } from '../../src/index.ts'
import { partyOf, world } from '../support/parties.ts'

const { identity: worker } = await partyOf(1)
const { identity: other } = await partyOf(2)
const { clock, random } = world()

const receipt: StageReceipt = {
  request: '0190b0c4-0000-7000-8000-000000000001',
  fence: 3,
  role: 'worker',
  node: worker.id,
  layers: { first: 0, last: 7 },
  model: 'storyteller/q4',
  numericClass: 'avx2-0123456789abcdef',
  promptTokens: 12,
  outputTokens: 34,
  root: 'ab'.repeat(32),
}
const signed = signStageReceipt({ identity: worker, clock, receipt })

t.test('a receipt that was signed is read as it was, however old and however often', async (t) => {
  const sent: unknown = JSON.parse(JSON.stringify(signed))
  const later = new ManualClock(clock.now() + 1e12)
  for (const when of [clock, later, clock]) t.same(await verifyStageReceipt(sent, when), signed)
  t.equal(signed.purpose, RECEIPT_PURPOSE)
  t.same(
    await verifyStageReceipt({ ...signed, more: 'words' }, clock),
    signed,
    'what was not signed is left out',
  )
})

t.test('no field can be changed', async (t) => {
  const changes: readonly Partial<StageReceipt>[] = [
    { request: '0190b0c4-0000-7000-8000-000000000002' },
    { fence: 4 },
    { role: 'validator' },
    { layers: { first: 0, last: 8 } },
    { layers: null },
    { model: 'storyteller/q8' },
    { numericClass: 'avx2-ffff' },
    { promptTokens: 13 },
    { outputTokens: 35 },
    { root: 'cd'.repeat(32) },
  ]
  t.same(
    new Set(changes.flatMap((change) => Object.keys(change))),
    new Set(Object.keys(receipt).filter((key) => key !== 'node')),
    'every field but the node is changed here',
  )
  for (const change of changes) {
    const body = { ...receipt, ...change }
    await t.rejects(
      verifyStageReceipt({ ...signed, body }, clock),
      { code: 'IDENTITY_SIGNATURE_WRONG' },
      JSON.stringify(change),
    )
  }
  const around: readonly Partial<SignedStageReceipt>[] = [
    { issuedAtMs: signed.issuedAtMs + 1 },
    { nonce: 'A'.repeat(22) },
    { signer: other.id },
    { purpose: 'shardline/other' },
  ]
  for (const change of around) {
    await t.rejects(verifyStageReceipt({ ...signed, ...change }, clock), { code: 'IDENTITY_SIGNATURE_WRONG' })
  }
})

t.test('a receipt counts for the party that it names, signed for nothing else', async (t) => {
  const body = { ...receipt }
  const common = { identity: other, clock, random, body }
  const foreign = signMessage({ ...common, purpose: RECEIPT_PURPOSE })
  await t.rejects(verifyStageReceipt(foreign, clock), { code: 'IDENTITY_SIGNATURE_WRONG' })
  const purpose = signMessage({ ...common, identity: worker, purpose: 'shardline/other' })
  await t.rejects(verifyStageReceipt(purpose, clock), { code: 'IDENTITY_SIGNATURE_WRONG' })
  t.throws(() => signStageReceipt({ identity: other, clock, receipt }), {
    code: 'IDENTITY_RECEIPT_MALFORMED',
  })
})

t.test('refuses what has not exactly the fields of a receipt', async (t) => {
  const { root: _root, ...short } = receipt
  const bodies: readonly unknown[] = [
    null,
    'receipt',
    [receipt],
    short,
    { ...receipt, more: 1 },
    { ...receipt, fence: '3' },
    { ...receipt, role: 'client' },
    { ...receipt, layers: { first: 0 } },
    { ...receipt, layers: { first: 0, last: '7' } },
    { ...receipt, layers: { first: 0, last: 7, more: 1 } },
    { ...receipt, node: 7 },
    { ...receipt, root: null },
  ]
  for (const body of bodies) {
    t.equal(readStageReceipt(body), undefined, JSON.stringify(body))
    await t.rejects(verifyStageReceipt({ ...signed, body }, clock), { code: 'IDENTITY_RECEIPT_MALFORMED' })
  }
  for (const message of [null, undefined, 'receipt', 7]) {
    await t.rejects(verifyStageReceipt(message, clock), { code: 'IDENTITY_RECEIPT_MALFORMED' })
  }
  t.throws(() => signStageReceipt({ identity: worker, clock, receipt: { ...receipt, root: 'ab' } }), {
    code: 'IDENTITY_RECEIPT_MALFORMED',
  })
})

t.test('has a nonce of the usual length, so that it is taken where messages are', async (t) => {
  t.equal(Buffer.from(signed.nonce, 'base64url').length, NONCE_BYTES)
  t.same(
    signStageReceipt({ identity: worker, clock, receipt }),
    signed,
    'signed again, it is the same message',
  )
})
