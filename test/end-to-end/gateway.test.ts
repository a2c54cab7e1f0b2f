import type OpenAI from 'openai'
import t from 'tap'
import { startServedCluster } from '../support/served-cluster.ts'

const model = 'storyteller'
const messages = [{ role: 'user' as const, content: 'Tell me a story about a fox and a key.' }]
const ask = { model, messages, temperature: 0.8, seed: 7, max_tokens: 48 }

const textOf = (answer: OpenAI.ChatCompletion): string => answer.choices[0]?.message.content ?? ''

t.test(
  'the official client chats, streams, stops, repeats by seed, and sees log-probabilities',
  async (t) => {
    await using served = await startServedCluster()
    const { openai, cluster } = served
    t.same(
      (await openai.models.list()).data.map(({ id }) => id),
      [model],
    )
    const { data: whole, response } = await openai.chat.completions.create(ask).withResponse()
    t.ok(textOf(whole).length > 50, textOf(whole))
    t.equal(response.headers.get('x-shardline-driver'), cluster.driver.id)
    t.equal(whole.usage?.completion_tokens, 48)
    t.equal(textOf(await openai.chat.completions.create(ask)), textOf(whole), 'the same seed, the same text')
    t.not(textOf(await openai.chat.completions.create({ ...ask, seed: 8 })), textOf(whole))

    const streamed = openai.chat.completions.stream({ ...ask, stream_options: { include_usage: true } })
    t.equal(await streamed.finalContent(), textOf(whole))
    t.same((await streamed.finalChatCompletion()).usage?.completion_tokens, 48)

    const stop = textOf(whole).slice(20, 26)
    const stopped = await openai.chat.completions.create({ ...ask, stop: [stop] })
    t.equal(textOf(stopped), textOf(whole).slice(0, textOf(whole).indexOf(stop)))
    t.equal(stopped.choices[0]?.finish_reason, 'stop')

    const scored = await openai.chat.completions.create({
      ...ask,
      logprobs: true,
      top_logprobs: 5,
      max_tokens: 12,
    })
    const content = scored.choices[0]?.logprobs?.content ?? []
    t.equal(content.length, 12)
    t.equal(content.map(({ token }) => token).join(''), textOf(scored))
    for (const { logprob, top_logprobs: top } of content) {
      t.equal(top.length, 5)
      t.ok(top.every((other, index) => other.logprob <= (top[index - 1]?.logprob ?? 0)))
      t.ok(logprob <= 0)
    }

    const several = await openai.chat.completions.create({ ...ask, n: 2 })
    t.equal(several.choices[0]?.message.content, textOf(whole), 'the first answer has the seed itself')
    t.not(several.choices[1]?.message.content, textOf(whole))
  },
)

t.test('a client that leaves in mid-stream frees the caches of every stage', async (t) => {
  await using served = await startServedCluster()
  const { cluster, openai } = served
  const stream = await openai.chat.completions.create({ ...ask, max_tokens: 900, stream: true })
  let chunks = 0
  for await (const _ of stream) {
    if (++chunks < 8) continue
    t.ok(cluster.sessionsOpen().every((count) => count === 1))
    break
  }
  while (cluster.sessionsOpen().some((count) => count > 0))
    await new Promise((resolve) => setTimeout(resolve, 5))
  t.same(
    cluster.sessionsOpen().map((count) => count),
    [0, 0, 0],
  )
  t.equal(textOf(await openai.chat.completions.create(ask)).length > 0, true)
})

t.test('32 streams at once give what they give alone', async (t) => {
  await using served = await startServedCluster()
  const short = { ...ask, max_tokens: 24 }
  const together = await Promise.all(
    Array.from({ length: 32 }, (_, seed) =>
      served.openai.chat.completions.stream({ ...short, seed }).finalContent(),
    ),
  )
  for (const seed of [0, 13, 31]) {
    t.equal(together[seed], textOf(await served.openai.chat.completions.create({ ...short, seed })))
  }
  t.ok(new Set(together).size > 28)
})

t.test('failures of the cluster come as errors of the client', async (t) => {
  await using served = await startServedCluster()
  const { openai } = served
  const refused = async (more: object): Promise<unknown> =>
    openai.chat.completions.create({ ...ask, ...more }).catch((error: unknown) => error)
  t.match(await refused({ model: 'gpt-4o' }), { status: 404, code: 'model_not_found', name: 'Error' })
  const long = [{ role: 'user', content: 'a long story '.repeat(2000) }]
  t.match(await refused({ messages: long }), { status: 400, code: 'context_length_exceeded' })
  const schema = { type: 'object', patternProperties: { '^a': {} } }
  const format = { type: 'json_schema', json_schema: { name: 'x', schema } }
  t.match(await refused({ response_format: format }), {
    status: 400,
    code: 'invalid_json_schema',
    message: /patternProperties/,
  })
  const tools = [{ type: 'function', function: { name: 'weather' } }]
  t.match(await refused({ tools }), { status: 400, param: 'tools' })
  t.match(
    await refused({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }],
    }),
    {
      status: 400,
      param: 'messages[0].content[0].type',
    },
  )
})

t.test('completions, responses and Ollama give the same text as a chat', async (t) => {
  await using served = await startServedCluster()
  const { openai, ollama } = served
  const chat = textOf(await openai.chat.completions.create({ ...ask, max_tokens: 20 }))
  const prompt = `<|begin|><|user|>\n${messages[0]?.content}<|end|>\n<|assistant|>\n`
  const raw = await openai.completions.create({ model, prompt, temperature: 0.8, seed: 7, max_tokens: 20 })
  t.equal(raw.choices[0]?.text, chat)
  const seeded = {
    model,
    input: messages[0]?.content ?? '',
    temperature: 0.8,
    max_output_tokens: 20,
    seed: 7,
  }
  const response = await openai.responses.create(seeded)
  t.equal(response.output_text, chat)
  const options = { temperature: 0.8, seed: 7, num_predict: 20 }
  const told = await ollama.chat({ model, messages, options })
  t.equal(told.message.content, chat)
  t.match(told, { done_reason: 'length', eval_count: 20 })
})
