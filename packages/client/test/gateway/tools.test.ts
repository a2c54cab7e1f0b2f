import { SeededRandom } from '@shardline/core'
import type OpenAI from 'openai'
import t from 'tap'
import { ToolCallReader } from '../../src/gateway/answer/tool-call-reader.ts'
import { serveDouble } from './support/served.ts'
import { MODEL, say } from './support/source-double.ts'

const model = 'storyteller'
const messages = [{ role: 'user' as const, content: 'Weather in Oslo?' }]
const tool = (name: string): OpenAI.ChatCompletionTool => ({
  type: 'function',
  function: {
    name,
    description: 'd',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
})
const oslo = { name: 'weather', arguments: '{"city":"Oslo"}' }

/** Texts of models that call weather for Oslo, each in its own way. */
const CALLS: Readonly<Record<string, string>> = {
  marked: '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>',
  'all JSON': '{"name": "weather", "parameters": {"city": "Oslo"}}',
  'a list': ' [{"name": "weather", "arguments": {"city": "Oslo"}}]',
  'marked to the end': '[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Oslo"}}]',
  'as a tag': '<function=weather>{"city": "Oslo"}</function>',
  'python tag': '<|python_tag|>{"name": "weather", "parameters": {"city": "Oslo"}}',
  'arguments as text': '<tool_call>{"name": "weather", "arguments": "{\\"city\\":\\"Oslo\\"}"}</tool_call>',
}

t.test('finds calls in every form, wherever the text is cut', async (t) => {
  const seed = Number(process.env['SEED'] ?? 7)
  t.comment(`SEED=${seed}`)
  const random = new SeededRandom(seed)
  for (const [name, text] of Object.entries(CALLS)) {
    for (let round = 0; round < 20; round++) {
      const reader = new ToolCallReader(['weather'])
      let rest = text
      const parts = []
      while (rest !== '') {
        const length = 1 + random.integer(9)
        parts.push(reader.push(rest.slice(0, length)))
        rest = rest.slice(length)
      }
      parts.push(reader.end())
      t.same(
        parts.flatMap(({ calls }) => calls),
        [oslo],
        name,
      )
      t.equal(parts.map(({ text }) => text).join(''), '', name)
    }
  }
})

t.test('text around calls stays, and what is no call is text', async (t) => {
  const read = (text: string): unknown => {
    const reader = new ToolCallReader(['weather'])
    const parts = [...Array.from(text).map((char) => reader.push(char)), reader.end()]
    return { text: parts.map((part) => part.text).join(''), calls: parts.flatMap(({ calls }) => calls) }
  }
  t.same(read(`Let me look.\n\n${CALLS['marked']}\n${CALLS['marked']}`), {
    text: 'Let me look.',
    calls: [oslo, oslo],
  })
  for (const text of [
    '<tool_call>no JSON</tool_call> and more',
    'a < b and [TOOL is not <tool',
    '{"name": "unknown", "arguments": {}}',
    '{"just": "JSON"}',
    '[1, 2',
    'ends with a space ',
    '<tool_call>{"name": "weather", "argum',
    '<function=weather>{"city": </function>',
  ]) {
    t.same(read(text), { text, calls: [] })
  }
})

t.test('gives calls to the official client, whole and streamed', async (t) => {
  await using served = await serveDouble()
  served.source.play = say(
    'I look. ',
    '<tool_',
    'call>{"name":"weather","arguments":{"city":"Oslo"}}',
    '</tool_call>',
  )
  const ask = { model, messages, tools: [tool('weather'), tool('time')] }
  const whole = await served.openai.chat.completions.create(ask)
  t.match(whole.choices[0], {
    finish_reason: 'tool_calls',
    message: { content: 'I look.', tool_calls: [{ id: /^call_/, type: 'function', function: oslo }] },
  })
  const streamed = await served.openai.chat.completions.stream(ask).finalChatCompletion()
  t.match(streamed.choices[0], {
    finish_reason: 'tool_calls',
    message: { content: 'I look.', tool_calls: [{ function: oslo }] },
  })
  const input = served.source.asks[0]?.content.input
  t.match(JSON.parse((input?.kind === 'messages' ? input.tools : null) ?? ''), ask.tools)
})

t.test('hands calls and their results back to the template', async (t) => {
  await using served = await serveDouble()
  const call = { id: 'call_1', type: 'function' as const, function: oslo }
  await served.openai.chat.completions.create({
    model,
    messages: [
      ...messages,
      { role: 'assistant', content: null, tool_calls: [call], refusal: null },
      { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' },
    ],
  })
  const input = served.source.asks[0]?.content.input
  const turns = input?.kind === 'messages' ? input.messages : []
  t.same(JSON.parse(turns[1]?.extra ?? ''), {
    tool_calls: [{ ...call, function: { name: 'weather', arguments: { city: 'Oslo' } } }],
  })
  t.match(turns[2], { role: 'tool', content: '21 degrees', extra: '{"tool_call_id":"call_1"}' })
})

t.test('keeps the answer a call where one is required', async (t) => {
  await using served = await serveDouble()
  served.source.play = say('{"city":', '"Oslo"}')
  const named = await served.openai.chat.completions.create({
    model,
    messages,
    tools: [tool('weather'), tool('time')],
    tool_choice: { type: 'function', function: { name: 'weather' } },
  })
  t.match(named.choices[0], {
    finish_reason: 'tool_calls',
    message: { content: null, tool_calls: [{ function: oslo }] },
  })
  const grammar = served.source.asks[0]?.content.grammar
  t.equal(
    grammar?.type === 'json-schema' && grammar.schema,
    JSON.stringify(
      tool('weather').type === 'function' && { type: 'object', properties: { city: { type: 'string' } } },
    ),
  )
  served.source.play = say('{"name":"time","arguments":{}}')
  const required = await served.openai.chat.completions
    .stream({ model, messages, tools: [tool('weather'), tool('time')], tool_choice: 'required' })
    .finalChatCompletion()
  t.match(required.choices[0]?.message.tool_calls, [{ function: { name: 'time', arguments: '{}' } }])
  t.match(served.source.asks[1]?.content.grammar, { type: 'json-schema', schema: /"anyOf"/ })
})

t.test('refuses tools that the model or the gateway can not take, by name', async (t) => {
  await using served = await serveDouble()
  const refused = async (more: object): Promise<unknown> =>
    served.openai.chat.completions.create({ model, messages, ...more }).catch((error: unknown) => error)
  const tools = [tool('weather')]
  t.match(await refused({ tools, response_format: { type: 'json_object' } }), {
    status: 400,
    param: 'response_format',
  })
  t.match(await refused({ tools: [{ type: 'custom', custom: { name: 'x' } }] }), { param: 'tools[0].type' })
  t.match(await refused({ tool_choice: 'required' }), { param: 'tool_choice' })
  t.match(await refused({ tools, tool_choice: { type: 'function', function: { name: 'other' } } }), {
    param: 'tool_choice',
  })
  t.match(await refused({ functions: [{ name: 'x' }] }), {
    param: 'functions',
    code: 'unsupported_parameter',
  })
  served.source.offered = [{ ...MODEL, hasTools: false }]
  t.match(await refused({ tools }), {
    status: 400,
    param: 'tools',
    message: /chat template of storyteller takes no tools/,
  })
  t.equal(served.source.asks.length, 0)
  await served.openai.chat.completions.create({ model, messages, tools, tool_choice: 'none' })
  t.equal(served.source.asks.length, 1)
})
