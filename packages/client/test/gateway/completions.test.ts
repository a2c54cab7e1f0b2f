import t from 'tap'
import { serveDouble, until } from './support/served.ts'
import { ended, done, piece, STARTED } from './support/source-double.ts'

const model = 'storyteller'

t.test('continues a text; 16 tokens unless told otherwise', async (t) => {
  await using served = await serveDouble()
  const whole = await served.openai.completions.create({ model, prompt: 'Once', seed: 3, echo: true })
  t.equal(whole.object, 'text_completion')
  t.match(whole.choices[0]?.text, /^Once/)
  t.equal(whole.choices[0]?.finish_reason, 'stop')
  t.match(served.source.asks[0]?.content, {
    input: { kind: 'text', text: 'Once' },
    maxTokens: 16,
    choices: 1,
  })
  let text = ''
  const ask = { model, prompt: 'Once', seed: 3, echo: true, stream: true } as const
  for await (const { choices } of await served.openai.completions.create(ask)) text += choices[0]?.text ?? ''
  t.equal(text, whole.choices[0]?.text)
})

t.test('takes token ids, and several prompts with several answers each, numbered through', async (t) => {
  await using served = await serveDouble()
  await served.openai.completions.create({ model, prompt: [5, 6, 7] })
  t.same(served.source.asks[0]?.content.input, { kind: 'ids', ids: [5, 6, 7] })
  const ask = { model, prompt: ['a', 'b', 'c'], n: 2, seed: 9, echo: true }
  const whole = await served.openai.completions.create(ask)
  t.same(
    whole.choices.map(({ index, text }) => [index, text.slice(0, 1)]),
    [
      [0, 'a'],
      [1, 'a'],
      [2, 'b'],
      [3, 'b'],
      [4, 'c'],
      [5, 'c'],
    ],
  )
  t.equal(whole.usage?.prompt_tokens, 21, 'of all prompts')
  const texts: string[] = []
  for await (const { choices } of await served.openai.completions.create({ ...ask, stream: true })) {
    for (const { index, text } of choices) texts[index] = (texts[index] ?? '') + text
  }
  t.same(
    texts,
    whole.choices.map(({ text }) => text),
  )
})

t.test('a client that leaves cancels the answers to all its prompts', async (t) => {
  await using served = await serveDouble()
  served.source.play = async function* () {
    yield STARTED
    for (;;) {
      yield piece(0, 'x')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const stream = await served.openai.completions.create({ model, prompt: ['a', 'b'], stream: true })
  for await (const _ of stream) break
  await until(() => served.source.asks.length === 2 && served.source.asks.every(({ isOver }) => isOver))
  t.ok(served.source.asks.every(({ signal }) => signal.aborted))
})

t.test('gives log-probabilities with the places of the tokens in the text', async (t) => {
  await using served = await serveDouble()
  served.source.play = async function* () {
    yield STARTED
    yield piece(0, 'a🦊')
    yield piece(0, 'é')
    yield piece(0, 'z')
    yield ended(0, 3)
    yield done(3)
  }
  const whole = await served.openai.completions.create({ model, prompt: 'x', logprobs: 2 })
  const expected = {
    tokens: ['a🦊', 'é', 'z'],
    token_logprobs: [-0.5, -0.5, -0.5],
    top_logprobs: [
      { 'a🦊': -0.5, '\\xf0\\x9f': -1.5 },
      { é: -0.5, '\\xf0\\x9f': -1.5 },
      { z: -0.5, '\\xf0\\x9f': -1.5 },
    ],
    text_offset: [0, 3, 4],
  }
  t.same(whole.choices[0]?.logprobs, expected)
  const offsets: number[] = []
  const ask = { model, prompt: 'x', logprobs: 2, stream: true } as const
  for await (const { choices } of await served.openai.completions.create(ask)) {
    offsets.push(...(choices[0]?.logprobs?.text_offset ?? []))
  }
  t.same(offsets, expected.text_offset)
})

t.test('refuses what it can not do by name', async (t) => {
  await using served = await serveDouble()
  const refused = async (more: object): Promise<unknown> =>
    served.openai.completions.create({ model, prompt: 'x', ...more }).catch((error: unknown) => error)
  t.match(await refused({ suffix: 'y' }), { status: 400, param: 'suffix', code: 'unsupported_parameter' })
  t.match(await refused({ best_of: 3 }), { status: 400, param: 'best_of' })
  t.match(await refused({ echo: true, logprobs: 1 }), { status: 400, param: 'echo' })
  t.match(await refused({ prompt: [5], echo: true }), { status: 400, param: 'echo' })
  t.match(await refused({ prompt: [] }), { status: 400, param: 'prompt' })
  t.match(await refused({ prompt: [1.5] }), { status: 400, param: 'prompt' })
  t.match(await refused({ prompt: Array.from({ length: 33 }, () => 'x') }), { status: 400, param: 'prompt' })
  t.equal(served.source.asks.length, 0)
})
