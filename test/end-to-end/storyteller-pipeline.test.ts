import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { SeededRandom, silentLog, systemClock } from '@shardline/core'
import type { GenerateRequest, Pipeline } from '@shardline/driver'
import { formPipeline } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import type { Checkpoint, EmbeddingTable } from '@shardline/model'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import { localMachine } from '@shardline/node'
import { Validator, engineHeads } from '@shardline/validator'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import { Worker, engineModels } from '@shardline/worker'

const MODEL = fileURLToPath(new URL('../../models/storyteller', import.meta.url))
const PROMPT = 'Once upon a time there was a fox'
const components = { clock: systemClock, log: silentLog }

interface Cluster extends AsyncDisposable {
  readonly pipeline: Pipeline
  readonly checkpoint: Checkpoint
  encode(text: string): readonly number[]
}

/** The bundled model over `workers` real workers and a real validator, all in this process. */
async function startCluster(cacheFolder: string, workers: number): Promise<Cluster> {
  const network = new MemoryNetwork(components)
  const transportOf = (role: 'driver' | 'worker' | 'validator', node: string): MemoryTransport =>
    new MemoryTransport({ ...components, network }, { self: { node, role, software: 'test' } })
  const options = { checkpoints: { cacheFolder }, threads: 1, isSpinning: false }
  const machine = localMachine(components, { threads: 1, isSpinning: false })
  const stages: (Worker | Validator)[] = []
  const addresses: string[] = []
  for (let index = 0; index < workers; index++) {
    const node = `w${index + 1}`
    const init = { node, software: 'test', listen: `memory:${node}` }
    const parts = {
      ...components,
      transport: transportOf('worker', node),
      machine,
      models: engineModels(options),
    }
    stages.push(new Worker(parts, init))
    addresses.push(init.listen)
  }
  const init = { node: 'v', software: 'test', listen: 'memory:v' }
  const parts = {
    ...components,
    transport: transportOf('validator', 'v'),
    machine,
    models: engineHeads(options),
  }
  stages.push(new Validator(parts, init))
  for (const stage of stages) await stage.start()
  const checkpoint = await openCheckpoint(MODEL, { cacheFolder })
  const embeddings: EmbeddingTable = await openEmbeddingTable(checkpoint)
  const tokenizer = await checkpoint.tokenizer()
  const { config, digest } = checkpoint
  const transport = transportOf('driver', 'd')
  const pipeline = await formPipeline(
    {
      ...components,
      transport,
      random: new SeededRandom(1),
      checkpoint: { config, digest, embeddings, tokenizer },
    },
    { workers: addresses, validator: 'memory:v', model: MODEL, limits: { prefillChunkRows: 5 } },
  )
  const stop = async (): Promise<void> => {
    await pipeline[Symbol.asyncDispose]()
    for (const stage of stages) await stage.stop()
    await embeddings[Symbol.asyncDispose]()
    await checkpoint[Symbol.asyncDispose]()
  }
  return { pipeline, checkpoint, encode: (text) => tokenizer.encode(text), [Symbol.asyncDispose]: stop }
}

function requestOf(promptTokenIds: readonly number[], vocabularySize: number): GenerateRequest {
  return {
    promptTokenIds,
    maxTokens: 24,
    sampling: resolveSampling({ temperature: 0.8, seed: 7 }, { vocabularySize }),
    stopStrings: [],
    isDigestWanted: true,
    signal: undefined,
  }
}

t.test(
  'the bundled model answers the same over one worker and over three, alone and among others',
  async (t) => {
    const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-'))
    t.teardown(() => rm(cacheFolder, { recursive: true, force: true }))
    const seen: { readonly text: string; readonly digest: string | undefined }[] = []
    for (const workers of [1, 3]) {
      await using cluster = await startCluster(cacheFolder, workers)
      const { vocabularySize } = cluster.checkpoint.config
      const ids = cluster.encode(PROMPT)
      const request = requestOf(ids, vocabularySize)
      const alone = await cluster.pipeline.generate(request).result
      t.ok(alone.text.length > 20, alone.text)
      t.equal(alone.stages.length, workers + 2)
      t.equal(alone.stages[1]?.rows, ids.length + alone.tokenIds.length - 1, 'every row ran once')
      const others = [3, 9, 14].map((count) =>
        cluster.pipeline.generate(requestOf(ids.slice(0, count), vocabularySize)),
      )
      const among = await cluster.pipeline.generate(request).result
      await Promise.all(others.map(({ result }) => result))
      seen.push({ text: alone.text, digest: alone.digest }, { text: among.text, digest: among.digest })
      await using chat = await cluster.pipeline.converse({ capacity: 200 })
      const first = await chat.generate(request).result
      t.equal(first.text, alone.text)
      const context = [...ids, ...first.tokenIds, ...cluster.encode(' and')]
      const second = await chat.generate(requestOf(context, vocabularySize)).result
      t.equal(second.reusedTokens, ids.length + first.tokenIds.length - 1)
      t.equal(second.text, (await cluster.pipeline.generate(requestOf(context, vocabularySize)).result).text)
      const score = await cluster.pipeline.score({
        tokenIds: ids,
        top: 3,
        isDigestWanted: true,
        signal: undefined,
      })
      t.equal(score.topIds.length, ids.length)
      t.ok(score.meanNll > 0 && score.meanNll < 10, `mean negative log-likelihood ${score.meanNll}`)
    }
    for (const other of seen.slice(1)) t.same(other, seen[0])
  },
)
