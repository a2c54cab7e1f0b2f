import { SAMPLING_DEFAULTS } from '@shardline/engine'
import { FIRST_WINDOW_PREVIOUS, verifyTokenWindow } from '@shardline/identity'
import type { SessionOpenMessage, WireToken } from '@shardline/wire'
import t from 'tap'
import {
  hidden,
  identity,
  plan,
  sessionOpen,
  toyTokenBytes,
  ValidatorNetwork,
} from './fixtures/validator-network.ts'
import type { Talker } from './fixtures/validator-network.ts'

const ASK = '0190b0c4-0000-7000-8000-000000000001'
const PROMPT_ROWS = 3
const TOKENS = 14

/** Gives the rows of an answer from `position` on, one by one, and takes the tokens. */
async function sampleFrom(
  driver: Talker,
  position: number,
  control: { readonly isOpened?: boolean } = {},
): Promise<readonly WireToken[]> {
  const tokens: WireToken[] = []
  for (let row = position; row < PROMPT_ROWS + TOKENS - 1; row++) {
    const open = row === position && control.isOpened !== true ? ['a'] : []
    await driver.send(hidden([{ session: 'a', turn: 1, position: row, rows: 1, use: 'sample' }], { open }))
    tokens.push(...(await driver.next('tokens')).tokens)
  }
  return tokens
}

/** A whole answer: the prompt's last row gives its first token. */
async function answerOf(open: Partial<SessionOpenMessage>): Promise<readonly WireToken[]> {
  await using net = await ValidatorNetwork.start({ windowTokens: 4 })
  const driver = await net.formed()
  await driver.send(sessionOpen('a', open))
  await driver.next('session-opened')
  await driver.send(
    hidden([{ session: 'a', turn: 1, position: 0, rows: PROMPT_ROWS - 1, use: 'none' }], { open: ['a'] }),
  )
  await driver.next('tokens')
  return await sampleFrom(driver, PROMPT_ROWS - 1, { isOpened: true })
}

const SAMPLINGS = {
  greedy: SAMPLING_DEFAULTS,
  warm: { ...SAMPLING_DEFAULTS, temperature: 1.3, topP: 0.9, seed: 5 },
  penalised: {
    ...SAMPLING_DEFAULTS,
    temperature: 1,
    repetitionPenalty: 1.4,
    presencePenalty: 0.5,
    frequencyPenalty: 0.8,
    seed: 11,
  },
  bound: {
    ...SAMPLING_DEFAULTS,
    temperature: 2,
    seed: 4,
    stopTokenIds: [0],
    grammar: {
      type: 'json-schema' as const,
      schema: JSON.stringify({ type: 'array', items: { enum: [1, 2, 12, 21] }, minItems: 6 }),
    },
  },
}

for (const [name, sampling] of Object.entries(SAMPLINGS)) {
  t.test(`another validator goes on alike from any token of a ${name} answer`, async (t) => {
    const whole = await answerOf({ sampling })
    t.equal(whole.length, TOKENS)
    for (const cut of [1, 2, 5, TOKENS - 1]) {
      await using net = await ValidatorNetwork.start()
      const driver = await net.formed()
      const tokenIds = whole.slice(0, cut).map(({ id }) => id)
      const position = PROMPT_ROWS - 1 + cut
      const resume = { tokenIds, position, turn: 1, windows: 0, previous: FIRST_WINDOW_PREVIOUS }
      await driver.send(sessionOpen('a', { sampling, resume }))
      await driver.next('session-opened')
      await driver.send({ kind: 'join', pipeline: 'p', epoch: 1 })
      t.same((await driver.next('standing')).sessions, [{ session: 'a', turn: 1, length: position }])
      t.same(await sampleFrom(driver, position), whole.slice(cut), `from token ${cut}`)
    }
  })
}

t.test('rows that count already are taken without a token, the next one goes on', async (t) => {
  const sampling = SAMPLINGS.warm
  const whole = await answerOf({ sampling })
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  const tokenIds = whole.slice(0, 4).map(({ id }) => id)
  const position = PROMPT_ROWS + 3
  const resume = { tokenIds, position, turn: 1, windows: 0, previous: FIRST_WINDOW_PREVIOUS }
  await driver.send(sessionOpen('a', { sampling, resume }))
  await driver.next('session-opened')
  const rows = hidden([{ session: 'a', turn: 0, position: 0, rows: position, use: 'sample' }], {
    open: ['a'],
  })
  await driver.send(rows)
  t.same((await driver.next('tokens')).tokens, [])
  t.same(await sampleFrom(driver, position, { isOpened: true }), whole.slice(4))
})

t.test('signs on behind the last window of another validator', async (t) => {
  const ask = { id: ASK, choice: 0 }
  const sampling = SAMPLINGS.warm
  const whole = await answerOf({ sampling, ask })
  const windows = whole.flatMap(({ window }) => window ?? [])
  t.equal(windows.length, 3)
  const signed = whole.slice(0, 8)
  const resume = {
    tokenIds: signed.map(({ id }) => id),
    position: PROMPT_ROWS - 1 + signed.length,
    turn: 1,
    windows: 2,
    previous: windows[2]?.previous ?? '',
  }
  await using net = await ValidatorNetwork.start({ windowTokens: 4 })
  const driver = await net.formed()
  await driver.send(sessionOpen('a', { sampling, ask, resume }))
  await driver.next('session-opened')
  const rest = await sampleFrom(driver, resume.position)
  t.same(
    rest.map(({ id }) => id),
    whole.slice(8).map(({ id }) => id),
  )
  const third = rest[3]?.window
  t.equal(third?.previous, windows[2]?.previous)
  const tokens = rest.slice(0, 4).map(({ id }) => ({ id, bytes: toyTokenBytes(id) ?? new Uint8Array() }))
  const window = { ask: ASK, choice: 0, modelDigest: 'digest', window: 2, end: 'none' as const, tokens }
  const hash = await verifyTokenWindow({
    window: { ...window, previous: resume.previous },
    signer: identity.id,
    signature: third?.signature ?? '',
  })
  t.type(hash, 'string')
})

t.test('a new word on a session replaces its answer, and a digest is not of a part', async (t) => {
  const sampling = SAMPLINGS.penalised
  const whole = await answerOf({ sampling })
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  await driver.send(sessionOpen('a', { isDigestWanted: true }))
  await driver.next('session-opened')
  await driver.send(
    hidden([{ session: 'a', turn: 1, position: 0, rows: PROMPT_ROWS + 1, use: 'sample' }], { open: ['a'] }),
  )
  await driver.next('tokens')
  const tokenIds = whole.slice(0, 2).map(({ id }) => id)
  const position = PROMPT_ROWS + 1
  const resume = { tokenIds, position, turn: 1, windows: 0, previous: FIRST_WINDOW_PREVIOUS }
  await driver.send(sessionOpen('a', { sampling, isDigestWanted: true, resume }))
  await driver.next('session-opened')
  t.same(await sampleFrom(driver, position, { isOpened: true }), whole.slice(2))
  await driver.send(hidden([], { close: ['a'] }))
  t.match(await driver.next('session-closed'), { digest: null, rows: TOKENS - 2 })
})

t.test('refuses tokens that are none of the vocabulary', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  const resume = { tokenIds: [7], position: 3, turn: 0, windows: 0, previous: FIRST_WINDOW_PREVIOUS }
  await driver.send(sessionOpen('a', { resume }))
  t.match(await driver.next('error'), { code: 'ENGINE_TOKEN_ID_OUT_OF_RANGE', request: 1 })
})

t.test(
  'sessions that are opened while the head loads are opened before the stage before is told',
  async (t) => {
    await using net = await ValidatorNetwork.start()
    const driver = await net.dial()
    await driver.send({ kind: 'join', pipeline: 'p', epoch: 2 })
    const resume = { tokenIds: [1, 2], position: 5, turn: 0, windows: 0, previous: FIRST_WINDOW_PREVIOUS }
    await Promise.all([
      driver.send(plan({ epoch: 2 })),
      driver.send(sessionOpen('a', { request: 9, resume })),
    ])
    await driver.next('ready')
    t.equal((await driver.next('session-opened')).request, 9)
    t.same((await driver.next('standing')).sessions, [{ session: 'a', turn: 0, length: 5 }])
  },
)
