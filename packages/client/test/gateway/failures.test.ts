import OpenAI from 'openai'
import t from 'tap'
import { AskFailedError, AskRefusedError, DriverUnreachableError } from '../../src/index.ts'
import { DriverLostError, SourceClosedError, TokensUnverifiedError } from '../../src/index.ts'
import { serveDouble, until } from './support/served.ts'
import { failing, piece, say, STARTED, untilAborted } from './support/source-double.ts'

const messages = [{ role: 'user' as const, content: 'x' }]
const model = 'storyteller'

t.test('every failure becomes the class of the official client that fits', async (t) => {
  await using served = await serveDouble()
  const remote = (code: string): AskFailedError =>
    new AskFailedError({ code, message: 'why', isRetryable: false })
  const busy = new AskRefusedError({ code: 'DRIVER_BUSY', message: 'busy', isRetryable: true }, 2_500)
  const cases = [
    [remote('DRIVER_PROMPT_TOO_LONG'), OpenAI.BadRequestError, 400, 'context_length_exceeded'],
    [remote('ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED'), OpenAI.BadRequestError, 400, 'invalid_json_schema'],
    [remote('DRIVER_REQUEST_INVALID'), OpenAI.BadRequestError, 400, 'invalid_value'],
    [busy, OpenAI.RateLimitError, 429, 'rate_limit_exceeded'],
    [remote('DRIVER_STAGE_LOST'), OpenAI.InternalServerError, 500, 'driver_stage_lost'],
    [new DriverLostError('shard1x', 'gone'), OpenAI.InternalServerError, 503, 'client_driver_lost'],
    [
      new DriverUnreachableError('shard1x', [], new Error('no')),
      OpenAI.InternalServerError,
      503,
      'client_driver_unreachable',
    ],
    [
      new TokensUnverifiedError({ choice: 0, token: 3 }, 'why'),
      OpenAI.InternalServerError,
      502,
      'client_tokens_unverified',
    ],
    [new SourceClosedError(), OpenAI.InternalServerError, 503, 'client_source_closed'],
    [new Error('unknown'), OpenAI.InternalServerError, 500, 'core_unexpected'],
  ] as const
  for (const [error, wanted, status, code] of cases) {
    served.source.play = failing(error)
    for (const stream of [false, true]) {
      const caught: unknown = await served.openai.chat.completions
        .create({ model, messages, stream })
        .catch((cause: unknown) => cause)
      t.ok(caught instanceof wanted, `${code} ${String(stream)}`)
      t.match(caught, { status, code })
    }
  }
})

t.test('says after how long to try again', async (t) => {
  await using served = await serveDouble()
  served.source.play = failing(
    new AskRefusedError({ code: 'DRIVER_BUSY', message: 'busy', isRetryable: true }, 2_500),
  )
  const response = await served.post('/v1/chat/completions', { model, messages })
  t.equal(response.status, 429)
  t.equal(response.headers.get('retry-after'), '3')
  t.equal(response.headers.get('x-shardline-error'), 'DRIVER_BUSY')
})

t.test(
  'a failure in mid-stream is thrown by the client, and so is an answer that turns out to be changed',
  async (t) => {
    await using served = await serveDouble()
    const read = async (): Promise<number> => {
      let chunks = 0
      for await (const _ of await served.openai.chat.completions.create({ model, messages, stream: true }))
        chunks++
      return chunks
    }
    served.source.play = async function* () {
      yield STARTED
      yield piece(0, 'A')
      throw new TokensUnverifiedError({ choice: 0, token: 1 }, 'its signature is wrong')
    }
    await t.rejects(read(), { code: 'client_tokens_unverified' })
    served.source.play = async function* () {
      yield STARTED
      yield piece(0, 'A')
    }
    await t.rejects(read(), { code: 'client_gateway_answer_incomplete' })
    served.source.play = say('A')
    served.source.report = Promise.reject(
      new TokensUnverifiedError({ choice: 0, token: 1 }, 'a token was left out'),
    )
    served.source.report.catch(() => undefined)
    await t.rejects(read(), { code: 'client_tokens_unverified' })
    const whole = served.openai.chat.completions.create({ model, messages })
    await t.rejects(whole, { code: 'client_tokens_unverified' })
  },
)

t.test('names the field that is wrong, in the form of the API', async (t) => {
  await using served = await serveDouble()
  const refusal = async (more: object): Promise<unknown> => {
    const response = await served.post('/v1/chat/completions', { model, messages, ...more })
    t.equal(response.status, 400, JSON.stringify(more))
    const { error } = (await response.json()) as { error: Readonly<Record<string, unknown>> }
    t.same(Object.keys(error), ['message', 'type', 'param', 'code'])
    t.equal(error['type'], 'invalid_request_error')
    return error['param']
  }
  const user = (content: unknown): object => ({ messages: [{ role: 'user', content }] })
  for (const [more, param] of [
    [{ temperature: 2.1 }, 'temperature'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_p: -0.1 }, 'top_p'],
    [{ presence_penalty: 3 }, 'presence_penalty'],
    [{ n: 0 }, 'n'],
    [{ n: 129 }, 'n'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ logit_bias: { '1': 101 } }, 'logit_bias'],
    [{ logit_bias: { fox: 1 } }, 'logit_bias'],
    [{ logit_bias: [1] }, 'logit_bias'],
    [{ top_logprobs: 5 }, 'top_logprobs'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    [{ stop: [''] }, 'stop'],
    [{ stop: 5 }, 'stop'],
    [{ seed: 1.5 }, 'seed'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ stream: true, stream_options: { other: 1 } }, 'stream_options.other'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'x' }, 'messages'],
    [{ messages: [{ role: 'king', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [user([{ type: 'image_url', image_url: { url: 'data:' } }]), 'messages[0].content[0].type'],
    [user([{ type: 'input_audio' }]), 'messages[0].content[0].type'],
    [user([{ type: 'text' }]), 'messages[0].content[0].text'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ model: 5 }, 'model'],
    [{ no_such_field: 1 }, 'no_such_field'],
  ] as const) {
    t.equal(await refusal(more), param, JSON.stringify(more))
  }
  t.equal(served.source.asks.length, 0)
})

t.test('unknown models, paths and methods are told apart', async (t) => {
  await using served = await serveDouble({ modelAliases: { 'gpt-4o': 'storyteller', __proto__: 'x' } })
  const { openai } = served
  await t.rejects(openai.models.retrieve('org/model'), {
    status: 404,
    code: 'model_not_found',
    param: 'model',
  } as never)
  t.equal((await openai.models.retrieve('storyteller')).id, 'storyteller')
  await t.rejects(openai.chat.completions.create({ model: 'constructor', messages }), {
    code: 'model_not_found',
  })
  t.equal((await openai.chat.completions.create({ model: 'gpt-4o', messages })).model, 'storyteller')
  await t.rejects(openai.embeddings.create({ model, input: 'x' }), { code: 'unknown_url' })
  const response = await fetch(`${served.server.address}/v1/chat/completions`)
  t.equal(response.status, 405)
  t.equal(response.headers.get('allow'), 'POST')
})

t.test('an answer that takes too long is cancelled by name', async (t) => {
  await using served = await serveDouble({ answerMsMax: 500 })
  served.source.play = async function* (_, signal) {
    yield STARTED
    await untilAborted(signal)
  }
  await t.rejects(served.openai.chat.completions.create({ model, messages }), {
    code: 'client_gateway_answer_timeout',
  })
  const stream = await served.openai.chat.completions.create({ model, messages, stream: true })
  const read = async (): Promise<void> => {
    for await (const _ of stream);
  }
  await t.rejects(read(), { code: 'client_gateway_answer_timeout' })
  t.ok(served.source.asks.every(({ signal }) => signal.aborted))
})

t.test('a stream that says nothing gets comments, also before the answer begins', async (t) => {
  await using served = await serveDouble({ commentMs: 20 })
  let go = (): void => undefined
  const isTime = new Promise<void>((resolve) => (go = resolve))
  served.source.play = async function* (content, signal) {
    await isTime
    yield* say('A')(content, signal)
  }
  const response = await served.post('/v1/chat/completions', { model, messages, stream: true })
  t.equal(response.status, 200)
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes as Uint8Array)
    if (text.split(': keep-alive').length > 3) go()
  }
  t.match(text, /^(: keep-alive\n\n){3,}data: /)
  t.match(text, /data: \[DONE\]\n\n$/)
})

t.test('closing lets answers end, takes no new ones, and cancels what takes too long', async (t) => {
  const served = await serveDouble({ closeMsMax: 5_000 })
  let go = (): void => undefined
  const isTime = new Promise<void>((resolve) => (go = resolve))
  served.source.play = async function* (content, signal) {
    await isTime
    yield* say('A fox.')(content, signal)
  }
  const running = served.openai.chat.completions.create({ model, messages })
  await until(() => served.source.asks.length === 1)
  const closed = served.server.close()
  await t.rejects(served.openai.chat.completions.create({ model, messages }))
  go()
  t.equal((await running).choices[0]?.message.content, 'A fox.')
  await closed

  const hasty = await serveDouble({ closeMsMax: 30 })
  hasty.source.play = async function* (_, signal) {
    yield STARTED
    await untilAborted(signal)
  }
  const cut = hasty.openai.chat.completions.create({ model, messages }).catch((error: unknown) => error)
  await until(() => hasty.source.asks.length === 1)
  await hasty.server.close()
  t.ok((await cut) instanceof OpenAI.APIError)
  await until(() => hasty.source.asks[0]?.isOver === true)
  t.equal(hasty.source.asks[0]?.signal.aborted, true)
})

t.test('an address that is taken is told by name', async (t) => {
  await using served = await serveDouble()
  const port = Number(new URL(served.server.address).port)
  await t.rejects(serveDouble({ port }), { code: 'CLIENT_GATEWAY_ADDRESS_UNUSABLE' })
})
