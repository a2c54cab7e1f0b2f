import type OpenAI from 'openai'
import t from 'tap'
import { ended, done, piece, say, STARTED, untilAborted } from './support/source-double.ts'
import { serveDouble, until } from './support/served.ts'

const messages = [{ role: 'user' as const, content: 'Tell me a story.' }]
const model = 'storyteller'

t.test('answers a chat as the official client expects it', async (t) => {
  await using served = await serveDouble()
  const { data, response } = await served.openai.chat.completions
    .create({ model, messages, seed: 4 })
    .withResponse()
  const [choice] = data.choices
  t.match(data.id, /^chatcmpl-[0-9a-f]{32}$/)
  t.equal(data.object, 'chat.completion')
  t.equal(data.system_fingerprint, 'fp_abababababababab')
  t.equal(choice?.finish_reason, 'stop')
  t.ok((choice?.message.content ?? '').length > 10)
  t.same(data.usage, {
    prompt_tokens: 7,
    completion_tokens: 12,
    total_tokens: 19,
    prompt_tokens_details: { cached_tokens: 3 },
  })
  t.match(Object.fromEntries(response.headers), {
    'x-shardline-driver': 'shard1driver',
    'x-shardline-validator': 'shard1validator',
    'x-shardline-request': '00000000-0000-4000-8000-000000000001',
    'x-shardline-price': '3',
    'x-shardline-billed': '12',
    'x-request-id': /^req_/,
  })
  t.match((data as unknown as { shardline: unknown }).shardline, {
    driver: 'shard1driver',
    verified: true,
    failover: false,
    billed: '12',
    receipt: '00000000-0000-4000-8000-000000000001',
  })
})

t.test('streams the same text, usage last, in chunks that the client adds up', async (t) => {
  await using served = await serveDouble()
  const ask = { model, messages, seed: 4 }
  const whole = await served.openai.chat.completions.create(ask)
  const stream = await served.openai.chat.completions.create({
    ...ask,
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  const reasons: unknown[] = []
  const usages: unknown[] = []
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason)
    usages.push(chunk.usage)
  }
  t.equal(text, whole.choices[0]?.message.content)
  t.same(reasons, ['stop'])
  t.same(usages.at(-1), whole.usage)
  t.ok(usages.slice(0, -1).every((usage) => usage === null))
  const runner = served.openai.chat.completions.stream(ask)
  t.equal(await runner.finalContent(), text, "the client's own adding up")
})

t.test('tells how the answer came about in the last chunk, as a field', async (t) => {
  await using served = await serveDouble()
  for (const stream_options of [undefined, { include_usage: true }]) {
    const response = await served.post('/v1/chat/completions', {
      model,
      messages,
      stream: true,
      stream_options,
    })
    t.equal(response.headers.get('x-shardline-driver'), 'shard1driver')
    const events = (await response.text()).trim().split('\n\n')
    t.equal(events.at(-1), 'data: [DONE]')
    t.ok(events.every((event) => event.startsWith('data: ')))
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice(6)))
    t.match(chunks.at(-1).shardline, { verified: true, driver: 'shard1driver' })
    t.ok(chunks.slice(0, -1).every((chunk) => chunk.shardline === undefined))
  }
})

t.test('the same seed gives the same text, another one another', async (t) => {
  await using served = await serveDouble()
  const textOf = async (seed: number): Promise<unknown> =>
    (await served.openai.chat.completions.create({ model, messages, seed })).choices[0]?.message.content
  t.equal(await textOf(11), await textOf(11))
  t.not(await textOf(11), await textOf(12))
  await textOf(-1)
  t.equal(served.source.asks.at(-1)?.content.sampling.seed, 2 ** 53 - 1)
})

t.test('hands every field of sampling on', async (t) => {
  await using served = await serveDouble()
  await served.openai.chat.completions.create({
    model,
    messages: [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      ...messages,
    ],
    temperature: 0.5,
    top_p: 0.9,
    presence_penalty: -1,
    frequency_penalty: 2,
    logit_bias: { '17': -100, '4': 2.5 },
    logprobs: true,
    top_logprobs: 20,
    stop: ['x', 'yy'],
    n: 2,
    max_completion_tokens: 5,
    user: 'me',
    metadata: { a: 'b' },
    store: false,
  })
  t.match(served.source.asks[0]?.content, {
    model,
    input: {
      kind: 'messages',
      messages: [
        { role: 'system', content: 'a\nb', extra: null },
        { role: 'user', content: 'Tell me a story.', extra: null },
      ],
      tools: null,
    },
    maxTokens: 5,
    stopStrings: ['x', 'yy'],
    choices: 2,
    grammar: null,
  })
  const sampling = served.source.asks[0]?.content.sampling
  t.match(sampling, {
    temperature: 0.5,
    topP: 0.9,
    presencePenalty: -1,
    frequencyPenalty: 2,
    topLogprobs: 20,
  })
  t.same(
    new Map(sampling?.logitBias),
    new Map([
      [17, -100],
      [4, 2.5],
    ]),
  )
})

t.test('gives log-probabilities with bytes, also of parts of characters', async (t) => {
  await using served = await serveDouble()
  served.source.play = async function* () {
    yield STARTED
    yield {
      type: 'piece',
      choice: 0,
      text: '',
      tokens: [{ id: 1, bytes: 'f09f', logprob: -Infinity, top: [] }],
    }
    yield piece(0, 'é')
    yield ended(0, 2)
    yield done(2)
  }
  const ask = { model, messages, logprobs: true, top_logprobs: 2 }
  const expected = [
    { token: '\\xf0\\x9f', logprob: -9999, bytes: [0xf0, 0x9f], top_logprobs: [] },
    {
      token: 'é',
      logprob: -0.5,
      bytes: [0xc3, 0xa9],
      top_logprobs: [
        { token: 'é', logprob: -0.5, bytes: [0xc3, 0xa9] },
        { token: '\\xf0\\x9f', logprob: -1.5, bytes: [0xf0, 0x9f] },
      ],
    },
  ]
  const whole = await served.openai.chat.completions.create(ask)
  t.same(whole.choices[0]?.logprobs?.content, expected)
  const streamed: unknown[] = []
  for await (const chunk of await served.openai.chat.completions.create({ ...ask, stream: true })) {
    streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []))
  }
  t.same(streamed, expected)
})

t.test('gives n answers, also streamed', async (t) => {
  await using served = await serveDouble()
  const whole = await served.openai.chat.completions.create({ model, messages, n: 3, seed: 5 })
  t.same(
    whole.choices.map(({ index }) => index),
    [0, 1, 2],
  )
  const texts = ['', '', '']
  const reasons: unknown[] = []
  for await (const { choices } of await served.openai.chat.completions.create({
    model,
    messages,
    n: 3,
    seed: 5,
    stream: true,
  })) {
    for (const { index, delta, finish_reason } of choices) {
      texts[index] += delta.content ?? ''
      if (finish_reason !== null) reasons[index] = finish_reason
    }
  }
  t.same(
    texts,
    whole.choices.map(({ message }) => message.content),
  )
  t.same(reasons, ['stop', 'stop', 'stop'])
})

t.test('hands formats on as grammars', async (t) => {
  await using served = await serveDouble()
  served.source.play = say('{"a":1}')
  const schema = { type: 'object', properties: { a: { type: 'integer' } } }
  const ask = (response_format: OpenAI.ChatCompletionCreateParams['response_format']): Promise<unknown> =>
    served.openai.chat.completions.create({ model, messages, response_format })
  await ask({ type: 'text' })
  await ask({ type: 'json_object' })
  await ask({ type: 'json_schema', json_schema: { name: 'A', strict: true, schema } })
  t.same(
    served.source.asks.map(({ content }) => content.grammar),
    [null, { type: 'json-object' }, { type: 'json-schema', schema: JSON.stringify(schema) }],
  )
  await t.rejects(ask({ type: 'json_schema', json_schema: { name: 'A' } }), { message: /schema/ })
})

t.test('a client that leaves in mid-stream cancels the answer at once', async (t) => {
  await using served = await serveDouble()
  served.source.play = async function* () {
    yield STARTED
    for (let i = 0; ; i++) {
      yield piece(0, ` ${i}`)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const stream = await served.openai.chat.completions.create({ model, messages, stream: true })
  let chunks = 0
  for await (const _ of stream) if (++chunks === 5) break
  await until(() => served.source.asks[0]?.isOver === true)
  t.equal(served.source.asks[0]?.signal.aborted, true)
})

t.test('a client that leaves before the answer is whole cancels it too', async (t) => {
  await using served = await serveDouble()
  served.source.play = async function* (_, signal) {
    yield STARTED
    await untilAborted(signal)
  }
  const leaving = new AbortController()
  const answer = served.openai.chat.completions.create({ model, messages }, { signal: leaving.signal })
  await until(() => served.source.asks.length === 1)
  leaving.abort()
  await t.rejects(answer, { message: 'Request was aborted.' })
  await until(() => served.source.asks[0]?.isOver === true)
  t.equal(served.source.asks[0]?.signal.aborted, true)
})

t.test('32 streams at once get their own answers', async (t) => {
  await using served = await serveDouble()
  const streamed = await Promise.all(
    Array.from({ length: 32 }, async (_, seed) => {
      const runner = served.openai.chat.completions.stream({ model, messages, seed })
      return runner.finalContent()
    }),
  )
  const whole = await Promise.all(
    Array.from({ length: 32 }, async (_, seed) => {
      const { choices } = await served.openai.chat.completions.create({ model, messages, seed })
      return choices[0]?.message.content
    }),
  )
  t.same(streamed, whole)
  t.ok(new Set(streamed).size > 20)
})
