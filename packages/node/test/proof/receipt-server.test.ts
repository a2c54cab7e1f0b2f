import { SeededRandom, systemClock } from '@shardline/core'
import { createIdentity, receiptLeaves, receiptRoot, verifyStageReceipt } from '@shardline/identity'
import type { ReceiptAskMessage, ReceiptMessage } from '@shardline/wire'
import t from 'tap'
import { frame } from '../fixtures/frames.ts'
import { ToyNetwork } from '../fixtures/toy-network.ts'
import type { ToyNetworkInit } from '../fixtures/toy-network.ts'

const identity = await createIdentity(new SeededRandom(1))
const ASK = '0190b0c4-0000-7000-8000-000000000001'
const SALT = '5a'.repeat(32)

const ask = (more: Partial<ReceiptAskMessage> = {}): ReceiptAskMessage => ({
  kind: 'receipt-ask',
  salt: SALT,
  request: 9,
  pipeline: 'p',
  sessions: ['a', 'b'],
  ask: ASK,
  fence: 3,
  model: 'toy/f32',
  promptTokens: 2,
  outputTokens: 4,
  ...more,
})

/** A node that has run 40 rows of session a and 3 of session b, proven, and session c, which isn't. */
async function served(init: Partial<ToyNetworkInit> = {}) {
  const net = await ToyNetwork.start({ transport: 'memory', identity, ...init })
  const formed = await net.formed()
  const { driver, next } = formed
  const values = Array.from({ length: 40 }, (_, index) => index)
  const rows = [
    { session: 'a', position: 0, values },
    { session: 'b', position: 0, values: [1, 2, 3] },
    { session: 'c', position: 0, values: [1] },
  ]
  await driver.link.send(frame({ prove: ['a', 'b'], open: ['c'], rows }))
  await driver.link.send(frame({ close: ['a', 'c'] }))
  await next.until(() => next.hidden.length === 2)
  return { net, ...formed }
}

const windowsOf = (message: ReceiptMessage): readonly (readonly (readonly [number, number])[])[] =>
  message.windows.map((windows) => windows.map(({ position, rows }) => [position, rows] as const))

t.test('signs what its rows show, for sessions that are closed or open', async (t) => {
  const { net, driver } = await served()
  await using _net = net
  await driver.link.send(ask())
  const message = await driver.next('receipt')
  t.equal(message.request, 9)
  t.same(windowsOf(message), [
    [
      [0, 32],
      [32, 8],
    ],
    [[0, 3]],
  ])
  const { body } = await verifyStageReceipt(JSON.parse(message.receipt), systemClock)
  const part = { request: ASK, fence: 3, role: 'worker' as const, layers: body.layers, numericClass: 'toy' }
  t.same(body, {
    ...part,
    node: identity.id,
    layers: { first: 0, last: 0 },
    model: 'toy/f32',
    promptTokens: 2,
    outputTokens: 4,
    root: receiptRoot(receiptLeaves({ ...part, modelDigest: 'digest', salt: SALT }, message.windows)),
  })
  await driver.link.send(ask({ request: 10 }))
  t.same((await driver.next('receipt', 1)).windows, message.windows, 'asked again, it says the same')
})

t.test('refuses by name what it can not or does not sign', async (t) => {
  const { net, driver } = await served()
  await using _net = net
  await driver.link.send(ask({ sessions: ['b'], promptTokens: 3, outputTokens: 1 }))
  await driver.next('receipt')
  const cases: readonly (readonly [string, Partial<ReceiptAskMessage>, string])[] = [
    ['a session that is not proven', { sessions: ['c'] }, 'NODE_EVIDENCE_MISSING'],
    ['a session that never was', { sessions: ['a', 'z'] }, 'NODE_EVIDENCE_MISSING'],
    [
      'more tokens than rows can show',
      { sessions: ['a'], promptTokens: 40, outputTokens: 2 },
      'NODE_RECEIPT_REFUSED',
    ],
    ['a session twice', { sessions: ['a', 'a'] }, 'NODE_RECEIPT_REFUSED'],
    ['no session', { sessions: [], promptTokens: 0, outputTokens: 0 }, 'NODE_RECEIPT_REFUSED'],
    ['work that was signed for another claim', { sessions: ['b'], fence: 4 }, 'NODE_RECEIPT_REFUSED'],
    ['a pipeline that is not here', { pipeline: 'q' }, 'NODE_PIPELINE_UNKNOWN'],
  ]
  for (const [index, [what, more, code]] of cases.entries()) {
    await driver.link.send(ask({ ...more, request: 20 + index }))
    t.match(await driver.next('error', index), { request: 20 + index, code, isFatal: false }, what)
  }
})

t.test('signs for the link that planned the pipeline only', async (t) => {
  const { net } = await served()
  await using _net = net
  const stranger = await net.dial('stranger')
  await stranger.link.send(ask())
  t.match(await stranger.next('error'), { request: 9, code: 'NODE_PIPELINE_TAKEN' })
})

t.test('signs nothing without an identity', async (t) => {
  const { net, driver } = await served({ identity: undefined })
  await using _net = net
  await driver.link.send(ask())
  t.match(await driver.next('error'), { request: 9, code: 'NODE_RECEIPT_SIGNER_MISSING' })
})
