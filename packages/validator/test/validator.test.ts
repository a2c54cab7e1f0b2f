import { createHash } from 'node:crypto'
import { createSampler, logSoftmaxRow, SAMPLING_DEFAULTS } from '@shardline/engine'
import t from 'tap'
import { TOY_VOCABULARY, toyLogits } from './fixtures/toy-head.ts'
import { hidden, plan, rowOf, sessionOpen, ValidatorNetwork } from './fixtures/validator-network.ts'

const logitsOf = (session: string, position: number) => toyLogits(rowOf(session, position))
const digestOf = (session: string, positions: readonly number[]) => {
  const hash = createHash('sha256')
  for (const position of positions) hash.update(new Uint8Array(logitsOf(session, position).buffer))
  return hash.digest('hex')
}

t.test('describes itself without layers', async (t) => {
  await using net = await ValidatorNetwork.start({ model: 'toy' })
  const driver = await net.dial()
  await driver.send({ kind: 'describe', request: 2 })
  t.match(await driver.next('description'), {
    request: 2,
    role: 'validator',
    layers: null,
    precision: 'auto',
    model: { digest: 'digest' },
  })
})

t.test('has no next stage to say the distance of', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  await driver.send({ kind: 'measure', request: 8, pipeline: 'p' })
  t.same(await driver.next('measured'), { kind: 'measured', request: 8, nextRoundTripMs: null })
})

t.test('refuses plans with layers or a next stage, and another model', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.dial()
  for (const [over, code] of [
    [{ layers: { first: 0, count: 1 } }, 'NODE_PLAN_REFUSED'],
    [{ next: 'ws://127.0.0.1:1' }, 'NODE_PLAN_REFUSED'],
    [{ modelDigest: 'other' }, 'NODE_MODEL_MISMATCH'],
  ] as const) {
    await driver.send(plan(over))
    t.match(await driver.next('error'), { code, isFatal: true })
  }
})

t.test('samples from the last row of a segment, and computes no other row', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  await driver.send(sessionOpen('a', { request: 5 }))
  t.same(await driver.next('session-opened'), { kind: 'session-opened', request: 5, session: 'a' })
  await driver.send(hidden([{ session: 'a', turn: 0, position: 0, rows: 6, use: 'none' }], { open: ['a'] }))
  const silent = await driver.next('tokens')
  t.same([silent.tokens, silent.scores], [[], []], 'rows that are not used show that they came through')
  t.match(silent.trace, [{ node: 'v', layers: null, rows: 6 }])
  await driver.send(hidden([{ session: 'a', turn: 0, position: 6, rows: 3, use: 'sample' }]))
  const { tokens } = await driver.next('tokens')
  const expected = createSampler(SAMPLING_DEFAULTS, TOY_VOCABULARY).next(logitsOf('a', 8))
  t.same(tokens, [{ session: 'a', position: 9, ...expected, window: null }])
  t.same(net.head.calls, [1])
})

t.test('answers all sessions of a run in one message, with one call of the head', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  for (const session of ['a', 'b', 'c']) {
    await driver.send(sessionOpen(session))
    await driver.next('session-opened')
  }
  await driver.send(
    hidden(
      ['a', 'b', 'c'].map((session) => ({ session, turn: 0, position: 0, rows: 1, use: 'sample' as const })),
      { open: ['a', 'b', 'c'] },
    ),
  )
  const { tokens, trace } = await driver.next('tokens')
  t.same(
    tokens.map(({ session, position }) => [session, position]),
    [
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ],
  )
  t.equal(trace.length, 1)
  t.same(net.head.calls, [3])
})

t.test('gives a session the same tokens and digest alone and among others', async (t) => {
  const sampling = { ...SAMPLING_DEFAULTS, temperature: 1, seed: 11, topLogprobs: 2 }
  const answers: unknown[] = []
  for (const others of [[], ['x', 'y']]) {
    await using net = await ValidatorNetwork.start()
    const driver = await net.formed()
    const sessions = [...others, 'a']
    for (const session of sessions) {
      await driver.send(sessionOpen(session, { sampling, isDigestWanted: true }))
      await driver.next('session-opened')
    }
    const tokens: unknown[] = []
    for (let position = 0; position < 8; position++) {
      const segments = sessions.map((session) => ({
        session,
        turn: 0,
        position,
        rows: 1,
        use: 'sample' as const,
      }))
      await driver.send(hidden(segments, position === 0 ? { open: sessions } : {}))
      tokens.push((await driver.next('tokens')).tokens.find(({ session }) => session === 'a'))
    }
    await driver.send(hidden([], { close: ['a'] }))
    const closed = await driver.next('session-closed')
    t.equal(closed.digest, digestOf('a', [0, 1, 2, 3, 4, 5, 6, 7]))
    t.equal(closed.rows, 8)
    answers.push(tokens)
  }
  t.same(answers[1], answers[0])
})

t.test('scores every row against the token that follows it, in slabs', async (t) => {
  for (const logitsBytesMax of [1, 2 * 4 * TOY_VOCABULARY, 1_000_000]) {
    await using net = await ValidatorNetwork.start({ logitsBytesMax })
    const driver = await net.formed()
    const targets = [3, 0, 6, 2]
    await driver.send(sessionOpen('a', { score: { targets, top: 2 }, isDigestWanted: true }))
    await driver.next('session-opened')
    await driver.send(
      hidden([{ session: 'a', turn: 0, position: 0, rows: 2, use: 'score' }], { open: ['a'] }),
    )
    await driver.send(
      hidden([{ session: 'a', turn: 0, position: 2, rows: 3, use: 'score' }], { close: ['a'] }),
    )
    const logprobs: number[] = []
    const topIds: (readonly number[])[] = []
    while (topIds.length < 5) {
      const { scores } = await driver.next('tokens')
      for (const part of scores) {
        t.equal(part.position, topIds.length)
        logprobs.push(...part.logprobs)
        topIds.push(...part.topIds)
      }
    }
    const rows = [0, 1, 2, 3, 4].map((position) =>
      logSoftmaxRow(logitsOf('a', position), targets.slice(position, position + 1), 2),
    )
    t.same(
      logprobs,
      rows.flatMap((row) => row.logprobs),
      'one less than rows: the text ends there',
    )
    t.same(
      topIds,
      rows.map(({ top }) => top.map(([id]) => id)),
    )
    t.match(await driver.next('session-closed'), { digest: digestOf('a', [0, 1, 2, 3, 4]), rows: 5 })
    t.equal(
      net.head.calls.reduce((sum, rowsOfCall) => sum + rowsOfCall, 0),
      5,
    )
    if (logitsBytesMax === 1)
      t.ok(
        net.head.calls.every((rowsOfCall) => rowsOfCall === 1),
        'one row fits always',
      )
  }
})

t.test('starts a new answer on a session that is open: the next turn of a chat', async (t) => {
  const sampling = { ...SAMPLING_DEFAULTS, temperature: 1, seed: 3 }
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  const turn = async (position: number, isFirst: boolean) => {
    await driver.send(sessionOpen('a', { sampling, isDigestWanted: true }))
    await driver.next('session-opened')
    await driver.send(
      hidden([{ session: 'a', turn: 0, position, rows: 1, use: 'sample' }], isFirst ? { open: ['a'] } : {}),
    )
    return (await driver.next('tokens')).tokens[0]
  }
  await turn(0, true)
  const second = await turn(1, false)
  const expected = createSampler(sampling, TOY_VOCABULARY).next(logitsOf('a', 1))
  t.equal(second?.id, expected.id, 'the random stream begins anew')
  t.equal(second?.position, 2, 'the rows stay')
  await driver.send(hidden([], { close: ['a'] }))
  t.match(await driver.next('session-closed'), { digest: digestOf('a', [1]), rows: 1 })
})

t.test(
  'refuses sessions that were not opened, scores that were not asked for, and wrong options, each by name',
  async (t) => {
    await using net = await ValidatorNetwork.start()
    const driver = await net.formed()
    await driver.send(hidden([], { open: ['ghost'] }))
    t.match(await driver.next('error'), {
      code: 'VALIDATOR_SESSION_NOT_OPENED',
      sessions: ['ghost'],
      isFatal: false,
    })
    await driver.send(sessionOpen('a'))
    await driver.next('session-opened')
    await driver.send(
      hidden([{ session: 'a', turn: 0, position: 0, rows: 1, use: 'score' }], { open: ['a'] }),
    )
    t.match(await driver.next('error'), { code: 'VALIDATOR_SCORE_NOT_ASKED', sessions: ['a'] })
    await driver.next('tokens')
    await driver.send(sessionOpen('b', { request: 9, score: { targets: [TOY_VOCABULARY], top: 0 } }))
    t.match(await driver.next('error'), { request: 9, code: 'ENGINE_TOKEN_ID_OUT_OF_RANGE' })
    await driver.send(sessionOpen('b', { request: 10, sampling: { ...SAMPLING_DEFAULTS, temperature: 500 } }))
    t.match(await driver.next('error'), { request: 10, code: 'ENGINE_SAMPLING_OPTION_INVALID' })
    await driver.send(sessionOpen('b', { request: 11, pipeline: 'q' }))
    t.match(await driver.next('error'), { request: 11, code: 'NODE_PIPELINE_UNKNOWN' })
    const stranger = await net.dial()
    await stranger.send(sessionOpen('b', { request: 12 }))
    t.match(await stranger.next('error'), { request: 12, code: 'NODE_PIPELINE_TAKEN' })
  },
)

t.test('holds the limit on announced sessions', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed({ sessionsMax: 1 })
  await driver.send(sessionOpen('a'))
  await driver.next('session-opened')
  await driver.send(sessionOpen('b'))
  await driver.next('session-opened')
  await driver.send(sessionOpen('c', { request: 3 }))
  t.match(await driver.next('error'), { request: 3, code: 'NODE_SESSIONS_FULL' })
  await driver.send(sessionOpen('a', { request: 4 }))
  t.match(await driver.next('session-opened'), { request: 4 }, 'a known one may begin anew')
})

t.test('names the session whose logits are not numbers, and answers the others', async (t) => {
  await using net = await ValidatorNetwork.start({ settings: { isFiniteChecked: false } })
  const driver = await net.formed()
  for (const session of ['a', 'b']) {
    await driver.send(sessionOpen(session))
    await driver.next('session-opened')
  }
  const message = hidden(
    ['a', 'b'].map((session) => ({ session, turn: 0, position: 0, rows: 1, use: 'sample' as const })),
    { open: ['a', 'b'] },
  )
  message.payload[0] = Number.NaN
  await driver.send(message)
  t.match(await driver.next('error'), { sessions: ['a'], code: 'ENGINE_LOGITS_NAN' })
  t.same(
    (await driver.next('tokens')).tokens.map(({ session }) => session),
    ['b'],
  )
})

t.test('a failed call of the head ends no session that can be computed alone', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed()
  for (const session of ['a', 'b']) {
    await driver.send(sessionOpen(session))
    await driver.next('session-opened')
  }
  net.head.beforeCall = (call) => {
    if (call === 0) {
      net.head.beforeCall = () => undefined
      throw new Error('out of memory')
    }
  }
  await driver.send(
    hidden(
      ['a', 'b'].map((session) => ({ session, turn: 0, position: 0, rows: 1, use: 'sample' as const })),
      { open: ['a', 'b'] },
    ),
  )
  const ids = [...(await driver.next('tokens')).tokens, ...(await driver.next('tokens')).tokens]
  t.same(
    ids.map(({ session }) => session),
    ['a', 'b'],
  )
})

t.test('a head that fails in a later slab ends only the sessions that it belonged to', async (t) => {
  await using net = await ValidatorNetwork.start({ logitsBytesMax: 1 })
  const driver = await net.formed()
  for (const session of ['a', 'b']) {
    await driver.send(sessionOpen(session))
    await driver.next('session-opened')
  }
  net.head.beforeCall = (call) => {
    if (call === 1) throw new Error('out of memory')
  }
  await driver.send(
    hidden(
      ['a', 'b'].map((session) => ({ session, turn: 0, position: 0, rows: 1, use: 'sample' as const })),
      { open: ['a', 'b'] },
    ),
  )
  t.match(await driver.next('error'), { sessions: ['b'], code: 'CORE_UNEXPECTED' })
  t.same(
    (await driver.next('tokens')).tokens.map(({ session }) => session),
    ['a'],
  )
})

t.test('forgets the answers of a pipeline that ends, also those whose rows never came', async (t) => {
  await using net = await ValidatorNetwork.start()
  const driver = await net.formed({ sessionsMax: 1 })
  for (const session of ['a', 'b']) {
    await driver.send(sessionOpen(session))
    await driver.next('session-opened')
  }
  await driver.send({ kind: 'release', pipeline: 'p' })
  await driver.send(plan({ request: 2, sessionsMax: 1 }))
  await driver.next('ready')
  await driver.send(sessionOpen('c'))
  t.match(await driver.next('session-opened'), { session: 'c' })
})
