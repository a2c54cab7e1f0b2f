import { SAMPLING_DEFAULTS } from '@shardline/engine'
import { FIRST_WINDOW_PREVIOUS, verifyTokenWindow } from '@shardline/identity'
import type { WireToken, WireWindow } from '@shardline/wire'
import t from 'tap'
import { WINDOW_TOKENS_MAX } from '../src/limits.ts'
import {
  hidden,
  identity,
  sessionOpen,
  toyTokenBytes,
  ValidatorNetwork,
} from './fixtures/validator-network.ts'
import type { Talker } from './fixtures/validator-network.ts'

const ASK = '0190b0c4-0000-7000-8000-000000000001'
const STOP_TOKENS = [0, 1]

/** Checks windows one after the other as a client does. */
class Checker {
  previous: string = FIRST_WINDOW_PREVIOUS
  windows = 0

  async check(window: WireWindow | null | undefined, ids: readonly number[]): Promise<boolean> {
    if (window === null || window === undefined || window.previous !== this.previous) return false
    const tokens = ids.map((id) => ({ id, bytes: toyTokenBytes(id) ?? new Uint8Array() }))
    const hash = await verifyTokenWindow({
      window: { ask: ASK, choice: 2, modelDigest: 'digest', window: this.windows, ...window, tokens },
      signer: identity.id,
      signature: window.signature,
    })
    this.windows += 1
    this.previous = hash ?? ''
    return hash !== undefined
  }
}

async function sampleOne(driver: Talker, position: number): Promise<WireToken> {
  const open = position === 0 ? ['a'] : []
  await driver.send(hidden([{ session: 'a', turn: 0, position, rows: 1, use: 'sample' }], { open }))
  const { tokens } = await driver.next('tokens')
  return tokens[0]!
}

t.test('signs each 32 tokens, and what is left when the driver closes the session', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  await driver.send(sessionOpen('a', { ask: { id: ASK, choice: 2 } }))
  await driver.next('session-opened')
  const checker = new Checker()
  let ids: number[] = []
  for (let position = 0; position < 40; position++) {
    const token = await sampleOne(driver, position)
    ids.push(token.id)
    t.equal(token.window !== null, position === WINDOW_TOKENS_MAX - 1)
    if (token.window === null) continue
    t.equal(token.window.end, 'none')
    t.ok(await checker.check(token.window, ids))
    ids = []
  }
  await driver.send(hidden([], { close: ['a'] }))
  const { window } = await driver.next('session-closed')
  t.equal(window?.end, 'closed')
  t.ok(await checker.check(window, ids), 'the last 8')
})

t.test('a stop token ends the answer with a signature of its own, and nothing follows', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  const sampling = { ...SAMPLING_DEFAULTS, stopTokenIds: STOP_TOKENS, temperature: 5, seed: 3 }
  await driver.send(sessionOpen('a', { ask: { id: ASK, choice: 2 }, sampling }))
  await driver.next('session-opened')
  const ids: number[] = []
  let last: WireToken | undefined
  for (let position = 0; position < WINDOW_TOKENS_MAX && last?.isStop !== true; position++) {
    last = await sampleOne(driver, position)
    if (!last.isStop) ids.push(last.id)
  }
  t.equal(last?.isStop, true, 'the toy stops by itself')
  t.equal(last?.window?.end, 'stop-token')
  t.ok(await new Checker().check(last?.window, ids), 'the stop token is not among the signed ones')
  await driver.send(hidden([], { close: ['a'] }))
  t.equal((await driver.next('session-closed')).window, null)
})

t.test('an answer that nobody asked for is not signed', async (t) => {
  await using net = await ValidatorNetwork.start({ windowTokens: 1 })
  const driver = await net.formed()
  await driver.send(sessionOpen('a'))
  await driver.next('session-opened')
  t.equal((await sampleOne(driver, 0)).window, null)
  await driver.send(hidden([], { close: ['a'] }))
  t.equal((await driver.next('session-closed')).window, null)
})

t.test('a validator without an identity refuses answers that are to be signed', async (t) => {
  await using net = await ValidatorNetwork.start({}, { isSigner: false })
  const driver = await net.formed()
  await driver.send(sessionOpen('a', { ask: { id: ASK, choice: 0 } }))
  t.match(await driver.next('error'), { code: 'VALIDATOR_SIGNER_MISSING', request: 1 })
})

t.test('windows of no tokens, or of more than clients take, are no setting', async (t) => {
  for (const windowTokens of [0, 33, 1.5]) {
    t.throws(() => new ValidatorNetwork({ windowTokens }), { code: 'CORE_INVALID_VALUE' })
  }
})
