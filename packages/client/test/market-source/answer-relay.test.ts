import { randomInt } from 'node:crypto'
import { SeededRandom } from '@shardline/core'
import type { AnswerEvent } from '@shardline/wire'
import t from 'tap'
import { AnswerRelay } from '../../src/market-source/answer-relay.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31))
t.comment(`SEED=${SEED}`)

const STARTED: AnswerEvent = {
  type: 'started',
  model: 'm',
  promptTokens: 3,
  seed: 1,
  contextLength: 64,
  stages: [],
}

function piece(choice: number, ids: readonly number[], text: string): AnswerEvent {
  const tokens = ids.map((id) => ({ id, bytes: '', logprob: -1, top: [] }))
  return { type: 'piece', choice, text, tokens }
}

function window(choice: number, tokenIds: readonly number[], end: 'none' | 'closed'): AnswerEvent {
  return { type: 'window', choice, window: 0, tokenIds, end, previous: '', signature: '' }
}

function ended(choice: number, tokens: number): AnswerEvent {
  return { type: 'choice-ended', choice, finishReason: 'length', tokens }
}

/** An answer of several choices, cut into pieces and windows by chance; its tokens and texts are always the same. */
function answer(random: SeededRandom, choices: number, tokens: number): readonly AnswerEvent[] {
  const parts = Array.from({ length: choices }, (_, choice) => {
    const events: AnswerEvent[] = []
    let pending: number[] = []
    let unsigned: number[] = []
    let text = ''
    for (let token = 0; token < tokens; token++) {
      pending.push(token * 10 + choice)
      text += `${token}`
      const isEnd = token === tokens - 1
      if (!isEnd && random.float() < 0.4) continue
      // Text may lag behind its tokens.
      const held = isEnd ? 0 : random.integer(2)
      events.push(piece(choice, pending, text.slice(0, text.length - held)))
      unsigned = [...unsigned, ...pending]
      text = text.slice(text.length - held)
      pending = []
      if (!isEnd && random.float() < 0.5) continue
      events.push(window(choice, unsigned, isEnd ? 'closed' : 'none'))
      unsigned = []
    }
    return [...events, ended(choice, tokens)]
  })
  const mixed: AnswerEvent[] = []
  while (parts.some((part) => part.length > 0)) {
    const event = parts[random.integer(choices)]?.shift()
    if (event !== undefined) mixed.push(event)
  }
  return [STARTED, ...mixed]
}

interface Got {
  readonly texts: string[]
  readonly ids: number[][]
  readonly ends: Set<number>
}

function gather(events: readonly AnswerEvent[]): Got {
  const got: Got = { texts: [], ids: [], ends: new Set() }
  for (const event of events) {
    if (event.type === 'piece') {
      got.texts[event.choice] = (got.texts[event.choice] ?? '') + event.text
      got.ids[event.choice] = [...(got.ids[event.choice] ?? []), ...event.tokens.map(({ id }) => id)]
    } else if (event.type === 'choice-ended') got.ends.add(event.choice)
  }
  return got
}

t.test('one whole run passes as it is', async (t) => {
  const relay = new AnswerRelay(2)
  relay.begin()
  const events = answer(new SeededRandom(1), 2, 9)
  t.same(
    events.map((event) => relay.take(event)),
    events,
  )
  t.same(relay.verified, { prompt: 3, output: 18 })
})

t.test('however runs are cut off, the user gets each token once, in order', async (t) => {
  const random = new SeededRandom(SEED)
  for (let round = 0; round < 200; round++) {
    const [choices, tokens] = [1 + random.integer(3), 1 + random.integer(12)]
    const relay = new AnswerRelay(choices)
    const passed: AnswerEvent[] = []
    const runs = 1 + random.integer(4)
    for (let run = 1; run <= runs; run++) {
      relay.begin()
      const events = answer(random, choices, tokens)
      const until = run === runs ? events.length : random.integer(events.length)
      for (const event of events.slice(0, until)) {
        const out = relay.take(event)
        if (out !== undefined) passed.push(out)
      }
    }
    const got = gather(passed)
    const expected = gather(answer(random, choices, tokens))
    t.same(got, expected, `round ${round}`)
    t.equal(passed.filter(({ type }) => type === 'started').length, 1)
    t.same(relay.verified, { prompt: 3, output: choices * tokens })
  }
})

t.test('another run that differs is refused, where it does', async (t) => {
  const cases: readonly (readonly [what: string, events: readonly AnswerEvent[], token: number])[] = [
    ['another token', [STARTED, piece(0, [1, 3], 'ab')], 1],
    ['another text', [STARTED, piece(0, [1, 2], 'ac')], 2],
    ['another text, in parts', [STARTED, piece(0, [1], 'a'), piece(0, [2], 'c')], 2],
    ['an earlier end', [STARTED, piece(0, [1], 'a'), ended(0, 1)], 1],
    ['another prompt', [{ ...STARTED, promptTokens: 4 }], 0],
  ]
  for (const [what, events, token] of cases) {
    const relay = new AnswerRelay(1)
    relay.begin()
    for (const event of [STARTED, piece(0, [1, 2], 'ab')]) relay.take(event)
    relay.begin()
    t.throws(
      () => events.map((event) => relay.take(event)),
      { code: 'CLIENT_ANSWER_DIVERGED', place: { choice: 0, token } },
      what,
    )
  }
})

t.test('a choice that has ended does not go on, nor end otherwise', async (t) => {
  for (const last of [piece(0, [2], 'b'), ended(0, 2)]) {
    const relay = new AnswerRelay(1)
    relay.begin()
    for (const event of [STARTED, piece(0, [1], 'a'), ended(0, 1)]) relay.take(event)
    relay.begin()
    for (const event of [STARTED, piece(0, [1], 'a')]) relay.take(event)
    t.throws(() => relay.take(last), { code: 'CLIENT_ANSWER_DIVERGED' }, last.type)
  }
})

t.test('nothing is verified before a window of the present run is', async (t) => {
  const relay = new AnswerRelay(1)
  relay.begin()
  for (const event of [STARTED, piece(0, [1, 2], 'ab')]) relay.take(event)
  t.same(relay.verified, { prompt: 0, output: 0 })
  relay.take(window(0, [1, 2], 'none'))
  t.same(relay.verified, { prompt: 3, output: 2 })
  relay.begin()
  t.same(relay.verified, { prompt: 0, output: 0 })
})
