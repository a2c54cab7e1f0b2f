import { SAMPLING_DEFAULTS } from '@shardline/engine'
import type { SamplingOptions } from '@shardline/engine'
import t from 'tap'
import type { Talker } from './fixtures/validator-network.ts'
import { hidden, sessionOpen, toyTokenBytes, ValidatorNetwork } from './fixtures/validator-network.ts'

const STOP_TOKEN = 0
const LIST = { type: 'array', items: { enum: [1, 2, 11] }, minItems: 2, maxItems: 3 }

function sampling(schema: unknown, more: Partial<SamplingOptions> = {}): SamplingOptions {
  const grammar = { type: 'json-schema', schema: JSON.stringify(schema) } as const
  return { ...SAMPLING_DEFAULTS, stopTokenIds: [STOP_TOKEN], grammar, ...more }
}

/** Asks for tokens of one session until one stops it; at most 20. */
async function answer(driver: Talker, session: string, from = 0): Promise<readonly number[]> {
  const ids: number[] = []
  for (let position = from; ids.length < 20; position++) {
    const open = position === 0 ? [session] : []
    await driver.send(hidden([{ session, turn: 0, position, rows: 1, use: 'sample' }], { open }))
    const { tokens } = await driver.next('tokens')
    const token = tokens[0]
    if (token === undefined || token.isStop) break
    ids.push(token.id)
  }
  return ids
}

const textOf = (ids: readonly number[]): string =>
  Buffer.concat(ids.map((id) => toyTokenBytes(id) ?? new Uint8Array(0))).toString()

t.test('chooses only tokens that the schema allows, and stops when the document is whole', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  for (const [index, session] of ['a', 'b', 'c', 'd'].entries()) {
    const options = sampling(LIST, { temperature: 1, seed: index })
    await driver.send(sessionOpen(session, { sampling: options }))
    await driver.next('session-opened')
    const ids = await answer(driver, session)
    const items = JSON.parse(textOf(ids)) as readonly number[]
    t.ok(items.length >= 2 && items.length <= 3, textOf(ids))
    t.ok(items.every((item) => LIST.items.enum.includes(item)))
  }
})

t.test('begins a new document with the next turn of a session', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  await driver.send(sessionOpen('a', { sampling: sampling({ const: [1, 2] }) }))
  await driver.next('session-opened')
  t.equal(textOf(await answer(driver, 'a')), '[1,2]')
  await driver.send(sessionOpen('a', { sampling: sampling({ const: [2] }) }))
  await driver.next('session-opened')
  t.equal(textOf(await answer(driver, 'a', 6)), '[2]')
})

t.test('answers a schema that it can not keep with the named error, and serves on', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  for (const [schema, code] of [
    [{ not: {} }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED'],
    [{ type: 'strange' }, 'ENGINE_GRAMMAR_SCHEMA_INVALID'],
    [{ $ref: '#/nowhere' }, 'ENGINE_GRAMMAR_REFERENCE'],
    [{ enum: [] }, 'ENGINE_GRAMMAR_UNSATISFIABLE'],
    [{ type: 'string', pattern: '(?=a)' }, 'ENGINE_GRAMMAR_PATTERN_UNSUPPORTED'],
    [{ type: 'string', pattern: '((a{999}){999}){999}' }, 'ENGINE_GRAMMAR_TOO_COMPLEX'],
  ] as const) {
    await driver.send(sessionOpen('a', { request: 7, sampling: sampling(schema) }))
    t.match(await driver.next('error'), { request: 7, code, isFatal: false })
  }
  await driver.send(sessionOpen('a', { sampling: sampling(LIST, { stopTokenIds: [] }) }))
  t.match(await driver.next('error'), { code: 'ENGINE_SAMPLING_OPTION_INVALID' })
  await driver.send(sessionOpen('a', { sampling: sampling(LIST) }))
  await driver.next('session-opened')
  t.match(textOf(await answer(driver, 'a')), /^\[.*\]$/)
})

t.test('ends a session alone whose document the vocabulary can not write', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  await driver.send(sessionOpen('a', { sampling: sampling({ const: 'x' }) }))
  await driver.next('session-opened')
  await driver.send(hidden([{ session: 'a', turn: 0, position: 0, rows: 1, use: 'sample' }], { open: ['a'] }))
  t.match(await driver.next('error'), { code: 'ENGINE_GRAMMAR_STUCK', sessions: ['a'], isFatal: false })
})

t.test('reads the tokenizer with the first grammar, and again after a failure', async (t) => {
  await using net = await ValidatorNetwork.start()
  let reads = 0
  net.tokens = () => {
    reads++
    if (reads === 1) throw new TypeError('the disk is away')
    return { tokenBytes: toyTokenBytes }
  }
  const driver = await net.formed()
  await driver.send(sessionOpen('a'))
  await driver.next('session-opened')
  t.equal(reads, 0)
  await driver.send(sessionOpen('b', { sampling: sampling(LIST) }))
  t.match(await driver.next('error'), { message: /the disk is away/ })
  for (const session of ['b', 'c']) {
    await driver.send(sessionOpen(session, { sampling: sampling(LIST) }))
    await driver.next('session-opened')
  }
  t.equal(reads, 2)
})
