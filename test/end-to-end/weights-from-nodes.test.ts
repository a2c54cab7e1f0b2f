import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { AnswerResult, StageProgress } from '@shardline/driver'
import { resolveSampling } from '@shardline/engine'
import type { Message, Transport } from '@shardline/wire'
import { startMemoryCluster } from '../support/memory-cluster.ts'
import { tamperedTransport } from '../support/tampered-transport.ts'
import { sharedCacheFolder, storyteller } from '../support/test-models.ts'
import { startWeightsCluster } from '../support/weights-cluster.ts'
import type { WeightsCluster } from '../support/weights-cluster.ts'

const PROMPT = 'Once upon a time there was a fox'
const holder = { isHolder: true }
const without = { isHolder: false }

async function answerOf(
  cluster: Pick<WeightsCluster, 'pipeline' | 'checkpoint' | 'encode'>,
): Promise<AnswerResult> {
  const { vocabularySize } = cluster.checkpoint.config
  return cluster.pipeline.generate({
    promptTokenIds: cluster.encode(PROMPT),
    maxTokens: 16,
    sampling: resolveSampling({ temperature: 0.8, seed: 7 }, { vocabularySize }),
    stopStrings: [],
    isDigestWanted: true,
    signal: undefined,
  }).result
}

/** What a pipeline answers whose nodes all have the model. */
const undisturbed: AnswerResult = await (async () => {
  await using cluster = await startMemoryCluster(sharedCacheFolder(), 1)
  return await answerOf(cluster)
})()

async function tempFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'shardline-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Bytes that the files of a folder take on the disk. */
async function diskBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))))
  return sizes.reduce((sum, { blocks }) => sum + blocks * 512, 0)
}

/** Gives blocks of weights in which one bit is another. */
const lying = (transport: Transport): Transport =>
  tamperedTransport(transport, (message: Message) => {
    if (message.kind !== 'weights') return message
    const payload = Uint8Array.from(message.payload)
    payload[payload.length >> 1] = (payload[payload.length >> 1] ?? 0) ^ 1
    return { ...message, payload }
  })

t.test('a worker without the model and without a hub has its layers from another worker', async (t) => {
  await using folder = await tempFolder()
  const progress: StageProgress[] = []
  await using cluster = await startWeightsCluster({
    folder: folder.path,
    workers: [holder, without],
    validator: { isHolder: true, isSharing: false },
    onProgress: (step) => progress.push(step),
  })
  const answer = await answerOf(cluster)
  t.equal(answer.text, undisturbed.text)
  t.equal(answer.digest, undisturbed.digest)
  const layers = cluster.pipeline.stages.map((stage) => stage.layers)
  t.ok(layers[2] !== undefined, 'the second worker has layers')
  const fetching = progress.filter(({ stage, what }) => stage.node === 'w2' && what === 'model.safetensors')
  t.ok(fetching.length > 1, 'its progress is told')
  const { size: modelBytes } = await stat(join(storyteller, 'model.safetensors'))
  const given = cluster.givenBytes('w1')
  const has = await diskBytes(join(folder.path, 'w2', 'sources'))
  t.comment(`w1 gave ${given} bytes of ${modelBytes}; w2 keeps ${has}`)
  t.ok(given > modelBytes / 4 && given < (modelBytes * 3) / 4, 'what its tensors need, and no more')
  t.ok(has < (modelBytes * 3) / 4)
  t.equal(
    cluster.logged('weights-peer-dropped').filter(({ peer }) => String(peer).startsWith('memory:w1')).length,
    0,
  )
})

t.test('a validator without the model has its head and its tokens from a worker', async (t) => {
  await using folder = await tempFolder()
  await using cluster = await startWeightsCluster({
    folder: folder.path,
    workers: [holder],
    validator: without,
  })
  const answer = await answerOf(cluster)
  t.equal(answer.digest, undisturbed.digest)
})

t.test('a node that gives wrong bytes is named and left, and the blocks come from another', async (t) => {
  await using folder = await tempFolder()
  await using cluster = await startWeightsCluster({
    folder: folder.path,
    workers: [{ ...holder, disguise: lying }, without],
    validator: holder,
  })
  const answer = await answerOf(cluster)
  t.equal(answer.digest, undisturbed.digest)
  const dropped = cluster.logged('weights-peer-dropped')
  const liar = dropped.filter(({ code }) => code === 'MODEL_WEIGHTS_WRONG')
  t.equal(liar.length, 1, 'once')
  t.match(liar[0], { peer: /^memory:w1#/ })
  t.ok(cluster.givenBytes('v') > 0)
})

t.test('if all give wrong bytes the pipeline is not formed, by name', async (t) => {
  await using folder = await tempFolder()
  const forming = startWeightsCluster({
    folder: folder.path,
    workers: [{ ...holder, disguise: lying }, without],
    validator: { isHolder: true, isSharing: false },
  })
  await t.rejects(forming, { code: 'DRIVER_STAGE_FAILED', message: /other block hashes than the listed/ })
})

t.test('a node that nobody told to take weights from others does not', async (t) => {
  await using folder = await tempFolder()
  const forming = startWeightsCluster({
    folder: folder.path,
    workers: [holder, { isHolder: false, isTaking: false }],
    validator: holder,
  })
  await t.rejects(forming, { code: 'DRIVER_STAGE_FAILED', message: /offline/ })
})
