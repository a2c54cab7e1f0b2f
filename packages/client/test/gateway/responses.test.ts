import type OpenAI from 'openai'
import t from 'tap'
import { serveDouble } from './support/served.ts'
import { say } from './support/source-double.ts'

const model = 'storyteller'
const weather = {
  type: 'function' as const,
  name: 'weather',
  strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
}

/** Events of a streamed response. */
async function eventsOf(stream: AsyncIterable<OpenAI.Responses.ResponseStreamEvent>) {
  const events: OpenAI.Responses.ResponseStreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

t.test('gives a response', async (t) => {
  await using served = await serveDouble()
  const response = await served.openai.responses.create({
    model,
    instructions: 'Be brief.',
    input: 'Tell me a story.',
    max_output_tokens: 4,
  })
  t.match(response.id, /^resp_/)
  t.equal(response.status, 'incomplete')
  t.same(response.incomplete_details, { reason: 'max_output_tokens' })
  t.ok(response.output_text.length > 0)
  t.same(response.usage, {
    input_tokens: 7,
    input_tokens_details: { cached_tokens: 3 },
    output_tokens: 4,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 11,
  })
  t.match(served.source.asks[0]?.content.input, {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Tell me a story.' },
    ],
  })
  t.match((response as unknown as { shardline: unknown }).shardline, { verified: true })
})

t.test('streams a response in the order of events that clients expect', async (t) => {
  await using served = await serveDouble()
  served.source.play = say('A', ' fox', '.')
  const events = await eventsOf(await served.openai.responses.create({ model, input: 'x', stream: true }))
  t.same(
    events.map(({ type }) => type),
    [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ],
  )
  t.same(
    events.map(({ sequence_number }) => sequence_number),
    events.map((_, index) => index),
  )
  const runner = served.openai.responses.stream({ model, input: 'x' })
  const final = await runner.finalResponse()
  t.equal(final.output_text, 'A fox.')
  t.equal(final.status, 'completed')
})

t.test('goes on with an earlier response, shows it, and forgets it', async (t) => {
  await using served = await serveDouble()
  served.source.play = say('I am a fox.')
  const first = await served.openai.responses.create({
    model,
    instructions: 'Once only.',
    input: 'Who are you?',
  })
  const stream = await served.openai.responses.create({
    model,
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Really?' }] }],
    previous_response_id: first.id,
    stream: true,
  })
  const last = (await eventsOf(stream)).at(-1)
  t.match(served.source.asks[1]?.content.input, {
    messages: [
      { role: 'user', content: 'Who are you?' },
      { role: 'assistant', content: 'I am a fox.' },
      { role: 'user', content: 'Really?' },
    ],
  })
  t.match(last, { type: 'response.completed', response: { previous_response_id: first.id } })
  t.equal((await served.openai.responses.retrieve(first.id)).output_text, 'I am a fox.')
  await served.openai.responses.delete(first.id)
  const gone = { status: 404, code: 'response_not_found' }
  await t.rejects(served.openai.responses.retrieve(first.id), gone)
  await t.rejects(served.openai.responses.create({ model, input: 'x', previous_response_id: first.id }), {
    ...gone,
    param: 'previous_response_id',
  })
})

t.test('remembers as many responses as it may, and none that it is told not to', async (t) => {
  await using served = await serveDouble({ responsesKeptMax: 2 })
  const ask = async (store?: boolean): Promise<string> =>
    (await served.openai.responses.create({ model, input: 'x', ...(store === undefined ? {} : { store }) }))
      .id
  const first = await ask()
  const unkept = await ask(false)
  t.ok(await served.openai.responses.retrieve(first))
  await t.rejects(served.openai.responses.retrieve(unkept), { message: /not found/ })
  const later = [await ask(), await ask()]
  await t.rejects(served.openai.responses.retrieve(first), { message: /not found/ })
  for (const id of later) t.ok(await served.openai.responses.retrieve(id))
})

t.test('calls functions, and takes their results', async (t) => {
  await using served = await serveDouble()
  served.source.play = say(
    '<tool_call>\n{"name": "weather", ',
    '"arguments": {"city": "Oslo"}}\n</tool_call>',
  )
  const ask = { model, input: 'Weather in Oslo?', tools: [weather] }
  const whole = await served.openai.responses.create(ask)
  const [call] = whole.output
  t.match(call, { type: 'function_call', name: 'weather', arguments: '{"city":"Oslo"}', call_id: /^call_/ })
  t.equal(whole.output.length, 1)
  const events = await eventsOf(await served.openai.responses.create({ ...ask, stream: true }))
  t.same(
    events.map(({ type }) => type),
    [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ],
  )
  served.source.play = say('Sunny.')
  const callId = call?.type === 'function_call' ? call.call_id : ''
  await served.openai.responses.create({
    model,
    tools: [weather],
    previous_response_id: whole.id,
    input: [{ type: 'function_call_output', call_id: callId, output: '21 degrees' }],
  })
  const input = served.source.asks.at(-1)?.content.input
  const turns = input?.kind === 'messages' ? input.messages : []
  t.same(
    turns.map(({ role, content }) => [role, content]),
    [
      ['user', 'Weather in Oslo?'],
      ['assistant', null],
      ['tool', '21 degrees'],
    ],
  )
  t.match(JSON.parse(turns[1]?.extra ?? ''), {
    tool_calls: [{ id: callId, function: { name: 'weather', arguments: { city: 'Oslo' } } }],
  })
  t.same(JSON.parse(turns[2]?.extra ?? ''), { tool_call_id: callId })
})

t.test('tells a failure in mid-stream by an event', async (t) => {
  await using served = await serveDouble()
  served.source.play = async function* () {
    yield* say('A')({} as never, new AbortController().signal)
    yield { type: 'failed', code: 'DRIVER_STAGE_LOST', message: 'a stage was lost', isRetryable: true }
  }
  const response = await served.post('/v1/responses', { model, input: 'x', stream: true })
  t.match(await response.text(), /event: error\ndata: .*driver_stage_lost.*\n\nevent: response.failed\n/)
})

t.test('refuses what it can not do by name', async (t) => {
  await using served = await serveDouble()
  const refused = async (more: object): Promise<unknown> =>
    served.openai.responses.create({ model, input: 'x', ...more }).catch((error: unknown) => error)
  t.match(await refused({ background: true }), { status: 400, param: 'background' })
  t.match(await refused({ conversation: 'conv_1' }), { status: 400, param: 'conversation' })
  t.match(await refused({ truncation: 'auto' }), { status: 400, param: 'truncation' })
  t.match(await refused({ tools: [{ type: 'web_search' }] }), { status: 400, param: 'tools[0].type' })
  t.match(await refused({ input: [{ type: 'item_reference', id: 'x' }] }), {
    status: 400,
    param: 'input[0].type',
  })
  t.match(await refused({ input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] }), {
    status: 400,
    param: 'input[0].content[0].type',
  })
  t.match(await refused({ top_logprobs: 3 }), { status: 400, param: 'top_logprobs' })
  t.equal(served.source.asks.length, 0)
})
