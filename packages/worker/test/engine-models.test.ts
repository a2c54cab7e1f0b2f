import { SeededRandom, sessionId } from '@shardline/core'
import { createStage } from '@shardline/engine'
import { loadShard, openCheckpoint } from '@shardline/model'
import t from 'tap'
import { engineModels } from '../src/worker-models.ts'
import { plan, WorkerNetwork } from './fixtures/worker-network.ts'

const MODEL = new URL('../../../models/storyteller', import.meta.url).pathname

t.test(
  'gives the same bits over the wire, in chunks and among other sessions, as one run of the engine',
  async (t) => {
    const cacheFolder = t.testdir()
    await using checkpoint = await openCheckpoint(MODEL, { cacheFolder })
    const { hiddenSize, layerCount } = checkpoint.config
    const layers = { first: 1, count: 2 }
    const random = new SeededRandom(5)
    const rows = 24
    const input = Float32Array.from({ length: rows * hiddenSize }, () => random.float() - 0.5)

    const shard = await loadShard(checkpoint, { layers }, { cacheFolder })
    await using stage = await createStage({ shard, layers, threads: 1 })
    stage.open(sessionId('one'), { capacity: rows })
    const expected = await stage.run({
      segments: [{ session: sessionId('one'), position: 0, rows }],
      hidden: input,
    })

    const models = engineModels({ checkpoints: { cacheFolder }, threads: 1 })
    await using net = await WorkerNetwork.start(models, { model: MODEL })
    const driver = await net.dial()
    const { address, link } = await net.listenAsNext()
    await driver.link.send({ kind: 'describe', request: 1 })
    t.match(await driver.next('description'), {
      model: { digest: checkpoint.digest, layerCount, hiddenSize },
    })
    await driver.link.send(plan({ modelDigest: checkpoint.digest, layers, next: address }))
    t.match(await driver.next('ready'), { packedBytes: shard.byteLength })
    const next = await link
    await next.next('join')

    const actual = new Map<string, Float32Array>()
    for (const session of ['a', 'b']) actual.set(session, new Float32Array(rows * hiddenSize))
    let position = 0
    for (const chunk of [1, 7, 1, 14, 1]) {
      const piece = input.subarray(position * hiddenSize, (position + chunk) * hiddenSize)
      const payload = new Float32Array(piece.length * 2)
      payload.set(piece)
      payload.set(piece, piece.length)
      await driver.link.send({
        kind: 'hidden',
        pipeline: 'p',
        epoch: 1,
        hiddenSize,
        open:
          position === 0 ? ['a', 'b'].map((session) => ({ session, capacity: rows, isProven: false })) : [],
        segments: ['a', 'b'].map((session) => ({ session, turn: 0, position, rows: chunk, use: 'none' })),
        close: [],
        trace: [],
        payload,
      })
      const message = await next.next('hidden')
      let row = 0
      for (const segment of message.segments) {
        const end = row + segment.rows
        actual
          .get(segment.session)
          ?.set(message.payload.subarray(row * hiddenSize, end * hiddenSize), segment.position * hiddenSize)
        row = end
      }
      position += chunk
    }
    const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)
    for (const [session, values] of actual)
      t.ok(bytes(values).equals(bytes(expected)), `session ${session} is byte-equal`)
  },
)
