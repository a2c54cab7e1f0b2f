import { createHash } from 'node:crypto'
import { SeededRandom, silentLog, systemClock } from '@shardline/core'
import { createHead, createSampler, SAMPLING_DEFAULTS } from '@shardline/engine'
import { loadShard, openCheckpoint } from '@shardline/model'
import { localMachine } from '@shardline/node'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import t from 'tap'
import { engineHeads } from '../src/validator-models.ts'
import { Validator } from '../src/validator.ts'
import { plan, sessionOpen, Talker } from './fixtures/validator-network.ts'

const MODEL = new URL('../../../models/storyteller', import.meta.url).pathname

t.test('samples and hashes with the head of the bundled model as the engine does by itself', async (t) => {
  const cacheFolder = t.testdir()
  await using checkpoint = await openCheckpoint(MODEL, { cacheFolder })
  const { hiddenSize, vocabularySize } = checkpoint.config
  const random = new SeededRandom(6)
  const rows = [0, 1, 2].map(() => Float32Array.from({ length: hiddenSize }, () => random.float() - 0.5))

  const shard = await loadShard(checkpoint, { hasHead: true }, { cacheFolder })
  await using head = await createHead({ shard, threads: 1 })
  const sampling = { ...SAMPLING_DEFAULTS, temperature: 0.8, topLogprobs: 3, seed: 9 }
  const sampler = createSampler(sampling, vocabularySize)
  const hash = createHash('sha256')
  const expected: unknown[] = []
  for (const [position, row] of rows.entries()) {
    const logits = await head.logits(row, 1)
    hash.update(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength))
    expected.push({ session: 'a', position: position + 1, ...sampler.next(logits), window: null })
  }

  const components = { clock: systemClock, log: silentLog }
  const network = new MemoryNetwork(components)
  const self = { node: 'v', role: 'validator', software: 'test/0' } as const
  const validator = new Validator(
    {
      ...components,
      transport: new MemoryTransport({ ...components, network }, { self }),
      models: engineHeads({ checkpoints: { cacheFolder }, threads: 1 }),
      machine: localMachine(components, { threads: 1 }),
    },
    { ...self, listen: 'memory:v' },
  )
  await validator.start()
  t.teardown(() => validator.stop())
  const dialer = new MemoryTransport(
    { ...components, network },
    { self: { ...self, node: 'd', role: 'driver' } },
  )
  const driver = new Talker(await dialer.dial('memory:v'))
  await driver.send(plan({ model: MODEL, modelDigest: checkpoint.digest }))
  for (;;) {
    const message = await driver.any()
    if (message.kind === 'progress') continue
    t.match(message, { kind: 'ready', layers: null, numericClass: /^nc/ })
    break
  }
  await driver.send(sessionOpen('a', { sampling, isDigestWanted: true }))
  await driver.next('session-opened')
  const tokens: unknown[] = []
  for (const [position, payload] of rows.entries()) {
    await driver.send({
      kind: 'hidden',
      pipeline: 'p',
      epoch: 1,
      hiddenSize,
      open: position === 0 ? [{ session: 'a', capacity: 10, isProven: false }] : [],
      segments: [{ session: 'a', turn: 0, position, rows: 1, use: 'sample' }],
      close: position === 2 ? ['a'] : [],
      trace: [],
      payload,
    })
    tokens.push(...(await driver.next('tokens')).tokens)
  }
  t.same(tokens, expected)
  t.match(await driver.next('session-closed'), { digest: hash.digest('hex'), rows: 3 })
})
