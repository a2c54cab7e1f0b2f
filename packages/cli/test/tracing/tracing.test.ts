import { silentLog, systemClock } from '@shardline/core'
import type { Log } from '@shardline/core'
import t from 'tap'
import { hostDriver } from '../../src/cluster/driver-host.ts'
import type { DriverHost } from '../../src/cluster/driver-host.ts'
import { startInProcess } from '../../src/cluster/in-process.ts'
import { readConfig } from '../../src/config.ts'
import { openTracing } from '../../src/tracing/open-tracing.ts'
import { tracesIfWanted } from '../../src/tracing/traces-if-wanted.ts'
import { MODEL } from '../support/command.ts'
import { startOtlpCollector } from '../support/otlp-collector.ts'
import type { OtlpSpan } from '../support/otlp-collector.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PARTY = 'shard1driver'
const TOKENS = 6
const GREEDY = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: [],
  seed: 0,
  topLogprobs: 0,
  stopTokenIds: [],
  grammar: null,
}

function attribute(span: OtlpSpan | undefined, key: string): unknown {
  const found = span?.attributes.find((one) => one.key === `shardline.${key}`)
  return Object.values(found?.value ?? {})[0]
}

function isWithin(inner: OtlpSpan, outer: OtlpSpan): boolean {
  return (
    BigInt(inner.startTimeUnixNano) >= BigInt(outer.startTimeUnixNano) &&
    BigInt(inner.endTimeUnixNano) <= BigInt(outer.endTimeUnixNano) &&
    BigInt(inner.startTimeUnixNano) <= BigInt(inner.endTimeUnixNano)
  )
}

interface Answered {
  readonly text: string
  readonly tokenIds: readonly number[]
}

/** One answer of the bundled model in this process, traced. */
async function answerTraced(endpoint: string, prompt: string): Promise<Answered> {
  const stages = await startInProcess({ cacheFolder: cache, hub: {}, log: silentLog, isSpinning: false })
  const tracing = openTracing({ clock: systemClock, log: silentLog, endpoint, party: PARTY })
  let host: DriverHost | undefined
  try {
    host = await hostDriver({
      transport: stages.transport,
      model: MODEL,
      workers: stages.dialAddresses.slice(0, -1),
      validator: stages.dialAddresses.at(-1) ?? '',
      precision: 'auto',
      layers: undefined,
      contextLength: undefined,
      prefillChunkRows: 8,
      isOneMachine: true,
      cacheFolder: cache,
      hub: undefined,
      onProgress: undefined,
      signal: undefined,
      log: undefined,
      tracer: tracing.tracer,
    })
    const promptTokenIds = host.tokenizer?.encode(prompt) ?? []
    const answer = host.pipeline.generate({
      promptTokenIds,
      maxTokens: TOKENS,
      sampling: GREEDY,
      stopStrings: [],
      isDigestWanted: false,
      signal: undefined,
    })
    const { text, tokenIds } = await answer.result
    return { text, tokenIds }
  } finally {
    await host?.[Symbol.asyncDispose]()
    await tracing[Symbol.asyncDispose]()
    await stages.stop()
  }
}

t.test(
  'an answer is a trace: its tokens below it, their hops below them, nothing of what is said',
  async (t) => {
    await using collector = await startOtlpCollector()
    const prompt = 'Tell me about the zanzibarquux and the lighthouse keeper.'
    const { text, tokenIds } = await answerTraced(collector.address, prompt)
    t.same([...new Set(collector.paths)], ['/v1/traces'])
    const byId = new Map(collector.spans.map((span) => [span.spanId, span]))
    const named = (name: string): readonly OtlpSpan[] => collector.spans.filter((span) => span.name === name)

    const [answer] = named('answer')
    t.equal(named('answer').length, 1)
    t.equal(attribute(answer, 'finish_reason'), 'length')
    t.equal(Number(attribute(answer, 'tokens')), tokenIds.length)
    t.equal(named('token').length, TOKENS - 1, 'the first token comes with the prompt')
    t.ok(named('prompt rows').length >= 2, 'the prompt went in pieces')
    t.equal(new Set(collector.spans.map(({ traceId }) => traceId)).size, 1)
    for (const step of [...named('token'), ...named('prompt rows')]) {
      t.equal(step.parentSpanId, answer?.spanId)
      t.ok(answer !== undefined && isWithin(step, answer), `${step.name} lies within the answer`)
      const hops = named('hop').filter(({ parentSpanId }) => parentSpanId === step.spanId)
      t.same(
        hops.map((hop) => attribute(hop, 'role')),
        ['worker', 'validator'],
      )
      t.equal(attribute(hops[0], 'layers'), '0-7')
      for (const hop of hops) t.ok(isWithin(hop, step), 'a hop lies within its step')
    }
    for (const { parentSpanId } of named('hop')) t.ok(byId.has(parentSpanId ?? ''))

    const all = collector.bodies.join('\n')
    t.match(all, /"service\.name"/)
    for (const word of [
      'zanzibarquux',
      'lighthouse',
      ...text.split(/\W+/).filter((piece) => piece.length > 5),
    ])
      t.notOk(all.includes(word), word)
    t.notOk(all.includes(tokenIds.join(',')), 'token ids')
  },
)

t.test('a collector that refuses costs traces and nothing else, and the log says so once', async (t) => {
  await using collector = await startOtlpCollector(400)
  const lines: string[] = []
  const log: Log = { ...silentLog, warn: (event) => lines.push(event) }
  const tracing = openTracing({ clock: systemClock, log, endpoint: collector.address, party: PARTY })
  const trace = tracing.tracer.begin({
    pipeline: 'p',
    ask: 'a',
    choice: 0,
    promptTokens: 1,
    startedMs: systemClock.monotonic(),
  })
  trace.event({ name: 'stage-lost', kind: 'gone', code: 'DRIVER_STAGE_LOST', node: 'w1' })
  trace.event({ name: 'stages-replaced', nodes: ['w2', 'v'] })
  trace.end({ code: 'DRIVER_PIPELINE_CLOSED' })
  await tracing[Symbol.asyncDispose]()
  t.same(lines, ['traces-lost'])
  const [span] = collector.spans
  t.same(
    span?.events?.map(({ name }) => name),
    ['stage-lost', 'stages-replaced'],
  )
  t.match(span?.status, { code: 2, message: 'DRIVER_PIPELINE_CLOSED' })
  t.equal(attribute(span, 'ask'), 'a')
})

t.test('stages that say more than the trip took stay within it', async (t) => {
  await using collector = await startOtlpCollector()
  const tracing = openTracing({
    clock: systemClock,
    log: silentLog,
    endpoint: collector.address,
    party: PARTY,
  })
  const startedMs = systemClock.monotonic()
  const trace = tracing.tracer.begin({
    pipeline: 'p',
    ask: undefined,
    choice: undefined,
    promptTokens: 1,
    startedMs,
  })
  const hop = { node: 'w', layers: null, rows: 8, queueMs: 1, computeMs: 9, totalMs: 10 }
  trace.step({
    sentMs: startedMs + 1,
    landedMs: startedMs + 6,
    isDecode: true,
    rows: 1,
    rowsTotal: 8,
    stages: [hop, hop],
  })
  trace.end({ finishReason: 'stop', tokens: 1, reusedTokens: 0 })
  await tracing[Symbol.asyncDispose]()
  const step = collector.spans.find(({ name }) => name === 'token')
  const hops = collector.spans.filter(({ name }) => name === 'hop')
  t.equal(hops.length, 2)
  for (const span of hops) t.ok(step !== undefined && isWithin(span, step))
})

t.test('without a collector nothing is traced', async (t) => {
  const config = readConfig({ environment: {}, home: '/nowhere' })
  t.equal(await tracesIfWanted(PARTY, { config }), undefined)
  const endpoint = 'http://127.0.0.1:4318'
  const named = readConfig({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}/` }, home: '/nowhere' })
  t.equal(named.traceEndpoint, endpoint)
})
