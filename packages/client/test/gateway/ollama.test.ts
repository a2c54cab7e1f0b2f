import t from 'tap'
import { serveDouble, until } from './support/served.ts'
import { piece, say, STARTED } from './support/source-double.ts'

const model = 'storyteller'
const messages = [{ role: 'user', content: 'Tell me a story.' }]

t.test('chats as the official client expects it, whole and streamed', async (t) => {
  await using served = await serveDouble()
  const options = {
    seed: 5,
    temperature: 0,
    top_k: 3,
    num_predict: 6,
    repeat_penalty: 1.1,
    stop: ['END'],
    num_ctx: 9,
  }
  const whole = await served.ollama.chat({ model: 'storyteller:latest', messages, options })
  t.match(whole, {
    model: 'storyteller:latest',
    done: true,
    done_reason: 'length',
    eval_count: 6,
    prompt_eval_count: 7,
  })
  t.match(whole.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.equal(whole.total_duration, 9e6)
  t.match(served.source.asks[0]?.content, {
    model,
    maxTokens: 6,
    stopStrings: ['END'],
    sampling: { seed: 5, temperature: 0, topK: 3, repetitionPenalty: 1.1 },
  })
  let text = ''
  let last: unknown
  for await (const part of await served.ollama.chat({ model, messages, options, stream: true })) {
    text += part.message.content
    last = part
  }
  t.equal(text, whole.message.content)
  t.match(last, { done: true, done_reason: 'length', shardline: { verified: true } })
})

t.test('generates, raw or by the chat template', async (t) => {
  await using served = await serveDouble()
  const whole = await served.ollama.generate({
    model,
    prompt: 'Once',
    system: 'Be brief.',
    options: { seed: 2 },
  })
  t.ok((whole.response ?? '').length > 0)
  await served.ollama.generate({ model, prompt: 'Once', raw: true })
  t.match(
    served.source.asks.map(({ content }) => content.input),
    [
      {
        kind: 'messages',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Once' },
        ],
      },
      { kind: 'text', text: 'Once' },
    ],
  )
  let text = ''
  const ask = { model, prompt: 'Once', system: 'Be brief.', options: { seed: 2 }, stream: true } as const
  for await (const part of await served.ollama.generate(ask)) text += part.response
  t.equal(text, whole.response)
  t.match(await served.ollama.generate({ model, prompt: '' }), { done_reason: 'load', response: '' })
})

t.test('holds answers to a format', async (t) => {
  await using served = await serveDouble()
  const schema = { type: 'object', properties: { a: { type: 'integer' } } }
  await served.ollama.chat({ model, messages, format: 'json' })
  await served.ollama.chat({ model, messages, format: schema })
  t.same(
    served.source.asks.map(({ content }) => content.grammar),
    [{ type: 'json-object' }, { type: 'json-schema', schema: JSON.stringify(schema) }],
  )
})

t.test('calls tools with arguments as an object', async (t) => {
  await using served = await serveDouble()
  served.source.play = say('<tool_call>{"name":"weather","arguments":{"city":"Oslo"}}</tool_call>')
  const tools = [
    { type: 'function', function: { name: 'weather', description: 'd', parameters: { type: 'object' } } },
  ]
  const whole = await served.ollama.chat({ model, messages, tools })
  t.same(whole.message.tool_calls, [{ function: { name: 'weather', arguments: { city: 'Oslo' } } }])
  const call = { function: { name: 'weather', arguments: { city: 'Oslo' } } }
  await served.ollama.chat({
    model,
    messages: [
      ...messages,
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', content: '21' },
    ],
  })
  t.match(served.source.asks.at(-1)?.content.input, {
    messages: [
      {},
      { role: 'assistant', extra: /"arguments":\{"city":"Oslo"\}/ },
      { role: 'tool', content: '21' },
    ],
  })
})

t.test('lists and shows models, and says that it is there', async (t) => {
  await using served = await serveDouble()
  t.match((await served.ollama.list()).models, [{ name: model, digest: 'ab'.repeat(32) }])
  t.match((await served.ollama.ps()).models, [{ name: model }])
  const shown = await served.ollama.show({ model })
  t.match(shown, { capabilities: ['completion', 'tools'], model_info: { 'shardline.context_length': 1024 } })
  t.match(await served.ollama.version(), { version: /^\d+\.\d+\.\d+$/ })
  const greeting = await fetch(served.server.address, { method: 'HEAD' })
  t.equal(greeting.status, 200)
})

t.test('errors are in its own form, before and in a stream', async (t) => {
  await using served = await serveDouble()
  await t.rejects(served.ollama.chat({ model: 'other', messages }), { message: /'other' does not exist/ })
  const images = { message: /read text/ }
  await t.rejects(
    served.ollama.chat({ model, messages: [{ role: 'user', content: 'x', images: ['aGk='] }] }),
    images,
  )
  served.source.play = async function* () {
    yield STARTED
    yield piece(0, 'A')
    yield { type: 'failed', code: 'DRIVER_STAGE_LOST', message: 'a stage was lost', isRetryable: true }
  }
  const stream = await served.ollama.chat({ model, messages, stream: true })
  const read = async (): Promise<void> => {
    for await (const _ of stream);
  }
  await t.rejects(read(), { message: /a stage was lost/ })
})

t.test('a client that leaves cancels the answer', async (t) => {
  await using served = await serveDouble()
  served.source.play = async function* () {
    yield STARTED
    for (;;) {
      yield piece(0, 'x')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const stream = await served.ollama.chat({ model, messages, stream: true })
  for await (const _ of stream) break
  stream.abort()
  await until(() => served.source.asks[0]?.isOver === true)
  t.equal(served.source.asks[0]?.signal.aborted, true)
})
