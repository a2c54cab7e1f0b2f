import t from 'tap'
import { SeededRandom } from '@shardline/core'
import type { Answer, Conversation } from '../src/index.ts'
import { startToyCluster, testSeed, toyRequest } from './support/toy-cluster.ts'
import { TOY_VOCABULARY, toyAnswer, toyText } from './support/toy-model.ts'

const seed = testSeed()
t.comment(`SEED=${seed}`)

function randomIds(random: SeededRandom, length: number): readonly number[] {
  return Array.from({ length }, () => 1 + random.integer(TOY_VOCABULARY - 1))
}

async function textOf(answer: Answer): Promise<string> {
  let text = ''
  for await (const chunk of answer) text += chunk.text
  return text
}

t.test('answers as one machine would, whatever the workers and the chunks', async (t) => {
  const random = new SeededRandom(seed)
  for (const workers of [1, 2, 3]) {
    for (const prefillChunkRows of [1, 7, 64, 'all'] as const) {
      await using cluster = await startToyCluster({ workers, driver: { limits: { prefillChunkRows } } })
      const prompt = randomIds(random, 1 + random.integer(40))
      const answer = cluster.pipeline.generate(toyRequest(prompt))
      const text = await textOf(answer)
      const result = await answer.result
      const expected = toyAnswer(prompt, 8, cluster.layerCount)
      t.same(result.tokenIds, expected, `${workers} workers, chunks of ${prefillChunkRows}`)
      t.equal(text, expected.map(toyText).join(''))
      t.equal(result.text, text)
      t.equal(result.finishReason, 'length')
      t.equal(result.logprobs.length, 8)
      t.same(cluster.complaints(), [])
    }
  }
})

t.test('cuts prompts into chunks and keeps several on their way', async (t) => {
  await using cluster = await startToyCluster({ driver: { limits: { prefillChunkRows: 16 } } })
  await cluster.pipeline.generate(toyRequest(randomIds(new SeededRandom(seed), 50), { maxTokens: 1 })).result
  const frames = cluster.workers[0]!.received.flatMap((message) =>
    message.kind === 'hidden' ? [message] : [],
  )
  t.same(
    frames.flatMap(({ segments }) => segments.map(({ position, rows, use }) => [position, rows, use])),
    [
      [0, 16, 'none'],
      [16, 16, 'none'],
      [32, 16, 'none'],
      [48, 2, 'sample'],
    ],
  )
})

t.test('leaves stop tokens out and ends with stop', async (t) => {
  await using cluster = await startToyCluster()
  const prompt = [5, 6, 7]
  const expected = toyAnswer(prompt, 20, cluster.layerCount)
  const stop = expected[4]!
  const until = expected.indexOf(stop)
  const request = toyRequest(prompt, { maxTokens: 20 })
  const sampling = { ...request.sampling, stopTokenIds: [stop] }
  const result = await cluster.pipeline.generate({ ...request, sampling }).result
  t.same(result.tokenIds, expected.slice(0, until))
  t.equal(result.finishReason, 'stop')
})

t.test('ends at a stop string that lies across tokens and holds back no more than needed', async (t) => {
  await using cluster = await startToyCluster()
  const prompt = [9, 8]
  const whole = toyAnswer(prompt, 12, cluster.layerCount).map(toyText).join('')
  const stop = whole.slice(5, 8)
  const answer = cluster.pipeline.generate(toyRequest(prompt, { maxTokens: 12, stopStrings: [stop] }))
  const text = await textOf(answer)
  const result = await answer.result
  t.equal(text, whole.slice(0, whole.indexOf(stop)))
  t.equal(result.text, text)
  t.equal(result.finishReason, 'stop')
})

t.test('gives text that was held back when the answer ends without the stop string', async (t) => {
  await using cluster = await startToyCluster()
  const prompt = [9, 8]
  const whole = toyAnswer(prompt, 3, cluster.layerCount).map(toyText).join('')
  const answer = cluster.pipeline.generate(
    toyRequest(prompt, { maxTokens: 3, stopStrings: [`${whole.slice(-2)}!`] }),
  )
  t.equal(await textOf(answer), whole)
  t.equal((await answer.result).finishReason, 'length')
})

t.test('reports the digest of the session when it is asked for', async (t) => {
  await using cluster = await startToyCluster()
  const result = await cluster.pipeline.generate(toyRequest([1, 2], { isDigestWanted: true })).result
  t.match(result.digest, /^digest of s/)
  t.equal((await cluster.pipeline.generate(toyRequest([1, 2])).result).digest, undefined)
})

t.test('measures stages, steps and rates', async (t) => {
  await using cluster = await startToyCluster()
  const prompt = randomIds(new SeededRandom(seed), 70)
  const result = await cluster.pipeline.generate(toyRequest(prompt, { maxTokens: 5 })).result
  t.same(
    result.stages.map(({ role, layers }) => [role, layers]),
    [
      ['driver', undefined],
      ['worker', { first: 0, count: 3 }],
      ['worker', { first: 3, count: 3 }],
      ['validator', undefined],
    ],
  )
  const [driver, first, second] = result.stages
  t.equal(driver?.rows, 74, 'the prompt and all tokens but the last')
  t.equal(first?.rows, 74)
  t.equal(second?.computeMs, 74, 'the double takes a millisecond a row')
  t.equal(second?.decodeComputeMs, 1)
  t.equal(second?.hopMs, 0.5)
  t.type(driver?.hopMs, 'number')
  t.equal(result.timings.stepMs.length, 4)
  t.equal(result.timings.prefillTokens, 70)
  t.ok(result.timings.prefillTokensPerSecond > 0)
  t.equal(cluster.pipeline.stages[1]?.rows, 74)
})

t.test('scores a text in order, whatever the chunks', async (t) => {
  const ids = randomIds(new SeededRandom(seed), 30)
  const results = []
  for (const prefillChunkRows of [1, 8, 'all'] as const) {
    await using cluster = await startToyCluster({ driver: { limits: { prefillChunkRows } } })
    const score = await cluster.pipeline.score({
      tokenIds: ids,
      top: 1,
      isDigestWanted: true,
      signal: undefined,
    })
    t.equal(score.logprobs.length, 29)
    t.equal(score.topIds.length, 30)
    t.equal(score.meanNll, -score.logprobs.reduce((sum, value) => sum + value, 0) / 29)
    t.match(score.digest, /^digest/)
    t.same(cluster.complaints(), [])
    results.push({ logprobs: score.logprobs, topIds: score.topIds, topLogprobs: score.topLogprobs })
  }
  t.same(results[0], results[1])
  t.same(results[0], results[2])
})

t.test('stops scoring when its signal aborts', async (t) => {
  await using cluster = await startToyCluster({ validator: { isDeaf: () => true } })
  const stop = new AbortController()
  const scored = cluster.pipeline.score({
    tokenIds: [1, 2, 3],
    top: 0,
    isDigestWanted: false,
    signal: stop.signal,
  })
  setImmediate(() => stop.abort())
  await t.rejects(scored, { code: 'CORE_ABORTED' })
})

t.test('a conversation reuses what its context shares with the cache', async (t) => {
  await using cluster = await startToyCluster()
  await using chat = await cluster.pipeline.converse({ capacity: 500 })
  const prompt = [3, 1, 4, 1, 5]
  const first = await chat.generate(toyRequest(prompt, { maxTokens: 4 })).result
  t.equal(first.reusedTokens, 0)
  const longer = [...prompt, ...first.tokenIds, 9, 2, 6]
  const second = await chat.generate(toyRequest(longer, { maxTokens: 4 })).result
  t.equal(second.reusedTokens, prompt.length + 3, 'all but the last token, which was sampled and never run')
  t.same(second.tokenIds, toyAnswer(longer, 4, cluster.layerCount))
  const same = await chat.generate(toyRequest(longer, { maxTokens: 4 })).result
  t.equal(same.reusedTokens, longer.length - 1, 'the last token runs again for its logits')
  t.same(same.tokenIds, second.tokenIds)
  const other = [...prompt.slice(0, 3), 7]
  const third = await chat.generate(toyRequest(other, { maxTokens: 4 })).result
  t.equal(third.reusedTokens, 3)
  t.same(third.tokenIds, toyAnswer(other, 4, cluster.layerCount))
  t.same(cluster.complaints(), [])
})

t.test('a conversation gives one answer at a time and none after it is closed', async (t) => {
  await using cluster = await startToyCluster()
  const chat = await cluster.pipeline.converse({ capacity: 100 })
  const running = chat.generate(toyRequest([1, 2], { maxTokens: 50 }))
  await t.rejects(chat.generate(toyRequest([1, 2])).result, { code: 'DRIVER_CONVERSATION_BUSY' })
  await chat[Symbol.asyncDispose]()
  t.equal((await running.result).finishReason, 'aborted')
  await t.rejects(chat.generate(toyRequest([1, 2])).result, { code: 'DRIVER_CONVERSATION_CLOSED' })
  t.equal(cluster.workers[0]!.sessions.size, 0)
})

t.test('a conversation that was never used closes without a word to the stages', async (t) => {
  await using cluster = await startToyCluster()
  const chat = await cluster.pipeline.converse({ capacity: 100 })
  await chat[Symbol.asyncDispose]()
  t.equal(cluster.workers[0]!.frames, 0)
})

t.test('random conversations with aborts stay exact', async (t) => {
  const random = new SeededRandom(seed)
  await using cluster = await startToyCluster({ workers: 3, driver: { limits: { prefillChunkRows: 8 } } })
  const talk = async (chat: Conversation): Promise<void> => {
    let context = randomIds(random, 1 + random.integer(30))
    for (let turn = 0; turn < 8; turn++) {
      const stop = new AbortController()
      const breakAt = random.float() < 0.5 ? random.integer(6) : 99
      const answer = chat.generate(
        toyRequest(context, { maxTokens: 1 + random.integer(9), signal: stop.signal }),
      )
      if (random.float() < 0.3) setImmediate(() => stop.abort())
      let seen = 0
      for await (const chunk of answer) if (chunk.token !== undefined && seen++ >= breakAt) break
      const { tokenIds } = await answer.result
      t.same(tokenIds, toyAnswer(context, tokenIds.length, cluster.layerCount))
      context = [...context, ...tokenIds]
        .slice(0, 1 + random.integer(60))
        .concat(randomIds(random, 1 + random.integer(4)))
    }
  }
  const chats = await Promise.all(
    Array.from({ length: 6 }, () => cluster.pipeline.converse({ capacity: 200 })),
  )
  await Promise.all(chats.map(talk))
  await Promise.all(chats.map((chat) => chat[Symbol.asyncDispose]()))
  t.same(cluster.complaints(), [])
  t.equal(cluster.workers[2]!.sessions.size, 0)
})

t.test('fifty sessions come and go at the same time', async (t) => {
  const random = new SeededRandom(seed)
  await using cluster = await startToyCluster({
    workers: 3,
    driver: { limits: { prefillChunkRows: 16, sessionsMax: 12, requestsWaitingMax: 50 } },
  })
  const one = async (): Promise<void> => {
    const prompt = randomIds(random, 1 + random.integer(100))
    const maxTokens = 1 + random.integer(20)
    const stop = new AbortController()
    const leaveAt = random.float() < 0.2 ? random.integer(maxTokens) : Infinity
    if (random.float() < 0.2) setTimeout(() => stop.abort(), random.integer(20))
    const answer = cluster.pipeline.generate(toyRequest(prompt, { maxTokens, signal: stop.signal }))
    let seen = 0
    for await (const chunk of answer) if (chunk.token !== undefined && seen++ >= leaveAt) break
    const result = await answer.result
    t.same(result.tokenIds, toyAnswer(prompt, result.tokenIds.length, cluster.layerCount))
    if (result.finishReason === 'length') t.equal(result.tokenIds.length, maxTokens)
  }
  await Promise.all(Array.from({ length: 50 }, one))
  await cluster.pipeline.generate(toyRequest([1], { maxTokens: 1, isDigestWanted: true })).result
  t.same(cluster.complaints(), [])
  t.equal(cluster.workers[0]!.sessions.size, 0)
  t.equal(cluster.validator.opened.size, 0)
})

t.test('decode rows go on while a long prompt is being run', async (t) => {
  await using cluster = await startToyCluster({ driver: { limits: { prefillChunkRows: 8 } } })
  const order: string[] = []
  const short = cluster.pipeline.generate(toyRequest([1, 2], { maxTokens: 20 }))
  const reader = (async () => {
    for await (const chunk of short) if (chunk.token !== undefined) order.push('short')
  })()
  const long = cluster.pipeline.generate(toyRequest(randomIds(new SeededRandom(seed), 400), { maxTokens: 1 }))
  await long.result
  order.push('long')
  await reader
  t.ok(
    order.indexOf('long') > 10,
    `the short answer had ${order.indexOf('long')} tokens before the prompt was through`,
  )
})

t.test('refuses what can not be served, in the answer', async (t) => {
  await using cluster = await startToyCluster({ driver: { contextLength: 32 } })
  const { pipeline } = cluster
  const bad = { code: 'DRIVER_REQUEST_INVALID' }
  await t.rejects(pipeline.generate(toyRequest([])).result, bad)
  await t.rejects(pipeline.generate(toyRequest([1, TOY_VOCABULARY])).result, bad)
  await t.rejects(pipeline.generate(toyRequest([1], { maxTokens: 0 })).result, bad)
  await t.rejects(textOf(pipeline.generate(toyRequest([-1]))), bad)
  await t.rejects(pipeline.generate(toyRequest(randomIds(new SeededRandom(seed), 32))).result, {
    code: 'DRIVER_PROMPT_TOO_LONG',
  })
  await t.rejects(pipeline.score({ tokenIds: [1], top: 0, isDigestWanted: false, signal: undefined }), bad)
  await t.rejects(pipeline.converse({ capacity: 33 }), bad)
  const full = await pipeline.generate(toyRequest(randomIds(new SeededRandom(seed), 30), { maxTokens: 100 }))
    .result
  t.equal(full.tokenIds.length, 2, 'the context is full')
  t.equal(full.finishReason, 'length')
})

t.test('queues requests over the session limit and refuses those over the waiting limit', async (t) => {
  await using cluster = await startToyCluster({
    driver: { limits: { sessionsMax: 1, requestsWaitingMax: 1 } },
  })
  const answers = [1, 2, 3].map((id) => cluster.pipeline.generate(toyRequest([id])))
  await t.rejects(answers[2]!.result, { code: 'DRIVER_BUSY' })
  t.same((await answers[0]!.result).tokenIds, toyAnswer([1], 8, cluster.layerCount))
  t.same((await answers[1]!.result).tokenIds, toyAnswer([2], 8, cluster.layerCount))
})

t.test('aborts a request that waits for a session', async (t) => {
  await using cluster = await startToyCluster({ driver: { limits: { sessionsMax: 1 } } })
  const chat = await cluster.pipeline.converse({ capacity: 10 })
  const stop = new AbortController()
  const answer = cluster.pipeline.generate(toyRequest([1], { signal: stop.signal }))
  setImmediate(() => stop.abort())
  t.equal((await answer.result).finishReason, 'aborted')
  await chat[Symbol.asyncDispose]()
  t.equal((await cluster.pipeline.generate(toyRequest([1])).result).finishReason, 'length')
})

t.test('pauses decoding while the reader is slow', async (t) => {
  await using cluster = await startToyCluster({ driver: { limits: { answerChunksBufferedMax: 4 } } })
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 60 }))
  const iterator = answer[Symbol.asyncIterator]()
  await iterator.next()
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  t.ok(cluster.workers[0]!.rows <= 3 + 6, `${cluster.workers[0]!.rows} rows ran ahead of the reader`)
  let seen = 1
  for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) seen++
  t.equal(seen, 60)
  t.same((await answer.result).tokenIds, toyAnswer([1, 2, 3], 60, cluster.layerCount))
})

t.test('does not wait for a reader where nobody reads', async (t) => {
  await using cluster = await startToyCluster({ driver: { limits: { answerChunksBufferedMax: 4 } } })
  t.equal((await cluster.pipeline.generate(toyRequest([1], { maxTokens: 60 })).result).tokenIds.length, 60)
})
