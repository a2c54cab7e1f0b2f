import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { SeededRandom, systemClock } from '@shardline/core'
import type { Answer, AnswerChunk, GenerateRequest, Pipeline } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import { startMemoryCluster } from '../support/memory-cluster.ts'
import type { MemoryCluster } from '../support/memory-cluster.ts'

t.setTimeout(600_000)

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
t.comment(`SEED=${seed}`)

const PROMPTS = [
  'Once upon a time there was a fox',
  'The old man looked at the sea and said that',
  'In the morning',
  'A girl named Lily had a red ball, and her brother wanted to play with it, but she',
]

/** What of an answer must be the same whatever happens on the way. */
interface Told {
  readonly tokenIds: readonly number[]
  readonly logprobs: readonly number[]
  readonly text: string
  readonly digest: string | undefined
  readonly windows: readonly unknown[]
}

async function tell(answer: Answer): Promise<Told> {
  const windows: NonNullable<AnswerChunk['window']>[] = []
  let text = ''
  for await (const chunk of answer) {
    text += chunk.text
    if (chunk.window !== undefined) windows.push(chunk.window)
  }
  const { tokenIds, logprobs, digest } = await answer.result
  // Another validator signs otherwise, but the same.
  const signed = windows.map(({ tokenIds: ids, end, previous }) => ({ ids, end, previous }))
  return { tokenIds, logprobs, text, digest, windows: signed }
}

/** Talks of all kinds over one pipeline, at the same time: signed, hashed, plain, with a grammar, in turns, scored. */
function talksOf(cluster: MemoryCluster): readonly (() => Promise<unknown>)[] {
  const { pipeline } = cluster
  const { vocabularySize } = cluster.checkpoint.config
  const requestOf = (index: number, more: Partial<GenerateRequest>): GenerateRequest => ({
    promptTokenIds: cluster.encode(PROMPTS[index % PROMPTS.length] ?? ''),
    maxTokens: 40,
    sampling: resolveSampling(
      { temperature: 0.8, seed: index, topLogprobs: 2, ...more.sampling },
      { vocabularySize },
    ),
    stopStrings: [],
    isDigestWanted: false,
    signal: undefined,
    ...more,
  })
  const ask = (choice: number): GenerateRequest['ask'] => ({
    id: '00000000-0000-4000-8000-000000000001',
    choice,
  })
  return [
    () => tell(pipeline.generate(requestOf(0, { ask: ask(0) }))),
    () => tell(pipeline.generate(requestOf(1, { ask: ask(1), maxTokens: 70 }))),
    () => tell(pipeline.generate(requestOf(2, { isDigestWanted: true }))),
    () => tell(pipeline.generate(requestOf(3, {}))),
    () =>
      talkInTurns(pipeline, cluster, (ids) => ({ ...requestOf(4, {}), maxTokens: 12, promptTokenIds: ids })),
    async () => {
      const tokenIds = cluster.encode(PROMPTS.join(' '))
      const { logprobs, digest } = await pipeline.score({
        tokenIds,
        top: 2,
        isDigestWanted: true,
        signal: undefined,
      })
      return { logprobs, digest }
    },
    async () => {
      const tokenIds = cluster.encode(PROMPTS.toReversed().join(' '))
      const { logprobs, topIds } = await pipeline.score({
        tokenIds,
        top: 2,
        isDigestWanted: false,
        signal: undefined,
      })
      return { logprobs, topIds }
    },
  ]
}

async function talkInTurns(
  pipeline: Pipeline,
  cluster: MemoryCluster,
  requestOf: (ids: readonly number[]) => GenerateRequest,
): Promise<readonly Told[]> {
  await using chat = await pipeline.converse({ capacity: 300 })
  const told: Told[] = []
  let ids = cluster.encode(PROMPTS[0] ?? '')
  for (const more of [' and', ' but then', ' so']) {
    const answer = await tell(chat.generate(requestOf(ids)))
    told.push(answer)
    // Some of it is taken back.
    ids = [...ids, ...answer.tokenIds.slice(0, -3), ...cluster.encode(more)]
  }
  return told
}

t.test('answers of all kinds are the same, whichever stages are lost on the way', async (t) => {
  const random = new SeededRandom(seed)
  const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-'))
  t.teardown(() => rm(cacheFolder, { recursive: true, force: true }))
  const start = () =>
    startMemoryCluster(cacheFolder, 2, { isSecured: true, spares: { workers: 2, validators: 1 } })
  let undisturbed: readonly unknown[]
  {
    await using cluster = await start()
    undisturbed = await Promise.all(talksOf(cluster).map((talk) => talk()))
    t.equal(cluster.pipeline.repairs.repairs, 0)
  }
  for (const victims of [['w1'], ['v'], ['w2', 'w1'], ['v', 'w2']]) {
    await using cluster = await start()
    const talks = talksOf(cluster).map((talk) => talk())
    for (const victim of victims) {
      await systemClock.sleep(30 + random.integer(250))
      await cluster.kill(victim)
    }
    t.same(await Promise.all(talks), undisturbed, `without ${victims.join(' and ')}`)
    t.ok(cluster.pipeline.repairs.repairs > 0)
    t.equal(cluster.pipeline.failure, undefined)
    t.comment(`${victims.join(' ')}: ${JSON.stringify(cluster.pipeline.repairs)}`)
  }
})
