import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { SeededRandom } from '@shardline/core'
import type { Answer, AnswerChunk, GenerateRequest } from '@shardline/driver'
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

/** Tells what an answer was; `onChunk` hears of each of its chunks. */
async function tell(answer: Answer, onChunk: () => void): Promise<Told> {
  const windows: NonNullable<AnswerChunk['window']>[] = []
  let text = ''
  for await (const chunk of answer) {
    onChunk()
    text += chunk.text
    if (chunk.window !== undefined) windows.push(chunk.window)
  }
  const { tokenIds, logprobs, digest } = await answer.result
  // Another validator signs otherwise, but the same.
  const signed = windows.map(({ tokenIds: ids, end, previous }) => ({ ids, end, previous }))
  return { tokenIds, logprobs, text, digest, windows: signed }
}

/**
 * Talks of all kinds over one pipeline, at the same time: signed, hashed, plain, with a grammar, in turns, scored. `onChunk`
 * hears of each chunk of an answer.
 */
function talksOf(cluster: MemoryCluster, onChunk: () => void): readonly (() => Promise<unknown>)[] {
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
    () => tell(pipeline.generate(requestOf(0, { ask: ask(0) })), onChunk),
    () => tell(pipeline.generate(requestOf(1, { ask: ask(1), maxTokens: 70 })), onChunk),
    () => tell(pipeline.generate(requestOf(2, { isDigestWanted: true })), onChunk),
    () => tell(pipeline.generate(requestOf(3, {})), onChunk),
    () =>
      talkInTurns(cluster, onChunk, (ids) => ({ ...requestOf(4, {}), maxTokens: 12, promptTokenIds: ids })),
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
  cluster: MemoryCluster,
  onChunk: () => void,
  requestOf: (ids: readonly number[]) => GenerateRequest,
): Promise<readonly Told[]> {
  await using chat = await cluster.pipeline.converse({ capacity: 300 })
  const told: Told[] = []
  let ids = cluster.encode(PROMPTS[0] ?? '')
  for (const more of [' and', ' but then', ' so']) {
    const answer = await tell(chat.generate(requestOf(ids)), onChunk)
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
  let chunks = 0
  {
    await using cluster = await start()
    const onChunk = (): void => {
      chunks += 1
    }
    undisturbed = await Promise.all(talksOf(cluster, onChunk).map((talk) => talk()))
    t.equal(cluster.pipeline.repairs.repairs, 0)
  }
  for (const victims of [['w1'], ['v'], ['w2', 'w1'], ['v', 'w2']]) {
    await using cluster = await start()
    // By how far the answers have come: every loss is one in their middle, on a slow machine too.
    const losses = victims
      .map((victim) => ({ victim, afterChunks: random.integer(Math.floor(chunks / 2)) }))
      .toSorted((a, b) => a.afterChunks - b.afterChunks)
    const lost: Promise<void>[] = []
    let seen = 0
    const onChunk = (): void => {
      seen += 1
      while (losses[0] !== undefined && seen > losses[0].afterChunks) {
        lost.push(cluster.kill(losses[0].victim))
        losses.shift()
      }
    }
    const talks = talksOf(cluster, onChunk).map((talk) => talk())
    t.same(await Promise.all(talks), undisturbed, `without ${victims.join(' and ')}`)
    await Promise.all(lost)
    t.equal(lost.length, victims.length)
    t.ok(cluster.pipeline.repairs.repairs > 0)
    t.equal(cluster.pipeline.failure, undefined)
    t.comment(`${victims.join(' ')}: ${JSON.stringify(cluster.pipeline.repairs)}`)
  }
})
