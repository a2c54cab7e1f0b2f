import t from 'tap'
import { askOf, SAMPLING_OF_DRIVER, textAsk } from '@shardline/client'
import type { AnswerSource, AskStream } from '@shardline/client'
import type { AnswerEvent, AskContent } from '@shardline/wire'
import { startAskedCluster } from '../support/asked-cluster.ts'
import type { AskedCluster } from '../support/asked-cluster.ts'
import { startMemoryCluster } from '../support/memory-cluster.ts'
import { sharedCacheFolder } from '../support/test-models.ts'
import { resolveSampling } from '@shardline/engine'

const cacheFolder = sharedCacheFolder()
const STORY = 'Tell me a story about a fox and a key.'
const seeded = (seed: number, more: Partial<AskContent> = {}): Partial<AskContent> => ({
  sampling: { ...SAMPLING_OF_DRIVER, seed, temperature: 0.8 },
  maxTokens: 48,
  ...more,
})

async function read(answer: AskStream): Promise<{ text: string; events: readonly AnswerEvent[] }> {
  const events: AnswerEvent[] = []
  let text = ''
  for await (const event of answer) {
    events.push(event)
    if (event.type === 'piece') text += event.text
  }
  return { text, events }
}

const ask = async (source: AnswerSource, content: AskContent): Promise<string> =>
  (await read(source.ask(content))).text

async function untilFree(cluster: AskedCluster): Promise<void> {
  while (cluster.sessionsOpen().some((count) => count > 0)) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}

t.test('an ask streams the text that the model gives, and every token is verified', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder })
  const source = await cluster.connect()
  t.match(await source.models(), [{ model: 'storyteller', layerCount: 8, hasChat: true, hasTools: false }])
  const answer = source.ask(textAsk(STORY, seeded(7)))
  const { text, events } = await read(answer)
  const report = await answer.report
  t.match(report, {
    driver: cluster.driver.id,
    validator: cluster.target.validators?.[0],
    isVerified: true,
    isFailover: false,
    billed: undefined,
  })
  t.same(
    report.stages.map(({ role }) => role),
    ['driver', 'worker', 'worker', 'validator'],
  )
  t.equal(events[0]?.type, 'started')
  t.equal(events.at(-1)?.type, 'done')
  await using alone = await startMemoryCluster(cacheFolder, 1)
  const template = alone.checkpoint.chatTemplate()
  const rendered = template?.render([{ role: 'user', content: STORY }]) ?? ''
  const { config } = alone.checkpoint
  const { topP } = alone.checkpoint.suggestedSampling
  const direct = await alone.pipeline.generate({
    promptTokenIds: alone.encode(rendered),
    maxTokens: 48,
    sampling: resolveSampling(
      { seed: 7, temperature: 0.8, stopTokenIds: config.eosTokenIds },
      { vocabularySize: config.vocabularySize, defaults: { topP } },
    ),
    stopStrings: [],
    isDigestWanted: false,
    signal: undefined,
  }).result
  t.equal(text, direct.text)
})

t.test('choices, stop strings, texts, ids, log-probabilities and grammars are verified too', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder })
  const source = await cluster.connect()
  const two = source.ask(textAsk(STORY, seeded(7, { choices: 2 })))
  const { events } = await read(two)
  const textOf = (choice: number): string =>
    events
      .flatMap((event) => (event.type === 'piece' && event.choice === choice ? [event.text] : []))
      .join('')
  t.equal(textOf(1), await ask(source, textAsk(STORY, seeded(8))), 'choice 1 has the seed after')
  t.not(textOf(0), textOf(1))

  const whole = textOf(0)
  const stop = whole.slice(20, 24)
  const cut = await ask(source, textAsk(STORY, seeded(7, { stopStrings: [stop] })))
  t.equal(cut, whole.slice(0, whole.indexOf(stop)))

  t.ok(await ask(source, askOf({ kind: 'text', text: 'Once upon' }, seeded(1, { maxTokens: 3 }))))
  t.ok(await ask(source, askOf({ kind: 'ids', ids: [5, 6, 7] }, seeded(1, { maxTokens: 3 }))))
  const top = await read(
    source.ask(textAsk(STORY, { maxTokens: 3, sampling: { ...SAMPLING_OF_DRIVER, topLogprobs: 4 } })),
  )
  const pieces = top.events.flatMap((event) => (event.type === 'piece' ? event.tokens : []))
  t.same(
    pieces.map((token) => token.top.length),
    [4, 4, 4],
  )
  const json = await ask(
    source,
    textAsk(STORY, seeded(3, { grammar: { type: 'json-object' }, maxTokens: 500 })),
  )
  t.type(JSON.parse(json), 'object')
  t.ok(await ask(source, textAsk(STORY, seeded(3, { maxTokens: null }))), 'as long as it gets')
})

t.test('an answer that is left or cancelled frees the caches of all stages', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder })
  const source = await cluster.connect()
  const left = source.ask(textAsk(STORY, seeded(7, { maxTokens: 400, choices: 2 })))
  for await (const event of left) if (event.type === 'piece') break
  await t.rejects(left.report, { code: 'CORE_ABORTED' })
  await untilFree(cluster)

  const cancel = new AbortController()
  const cancelled = source.ask(textAsk(STORY, seeded(7, { maxTokens: 400 })), { signal: cancel.signal })
  await t.rejects(
    async () => {
      for await (const event of cancelled) if (event.type === 'piece') cancel.abort()
    },
    { code: 'CORE_ABORTED' },
  )
  await untilFree(cluster)
  t.same(cluster.sessionsOpen(), [0, 0, 0])
  t.ok(await ask(source, textAsk(STORY, seeded(1))), 'the link goes on')
})

t.test('a client that is gone frees its caches', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder })
  const source = await cluster.connect()
  const answer = source.ask(textAsk(STORY, seeded(7, { maxTokens: 400 })))
  for await (const event of answer) {
    if (event.type !== 'piece') continue
    await source[Symbol.asyncDispose]()
    break
  }
  await untilFree(cluster)
  t.equal(cluster.service.counters.answersOpen, 0)
})

t.test('32 asks at the same time are each answered as if they were alone', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder })
  const sources = await Promise.all([1, 2, 3, 4].map(() => cluster.connect()))
  const seeds = Array.from({ length: 32 }, (_, index) => index)
  const contentOf = (seed: number): AskContent => textAsk(STORY, seeded(seed, { maxTokens: 12 }))
  const texts = await Promise.all(seeds.map((seed) => ask(sources[seed % 4]!, contentOf(seed))))
  for (const seed of [0, 13, 31]) t.equal(await ask(sources[0]!, contentOf(seed)), texts[seed])
  t.ok(new Set(texts).size > 20)
  await untilFree(cluster)
})
