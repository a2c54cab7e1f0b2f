import { existsSync } from 'node:fs'
import path from 'node:path'
import { SeededRandom } from '@shardline/core'
import { loadShard, openCheckpoint, writeRandomModel } from '@shardline/model'
import t from 'tap'
import type { Test } from 'tap'
import { packedBytes } from '../../src/models/packed-bytes.ts'
import { MODEL } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cacheFolder = sharedCache()
const SHAPE = {
  layerCount: 2,
  hiddenSize: 256,
  feedForwardSize: 512,
  headCount: 4,
  kvHeadCount: 2,
  vocabularySize: 512,
  contextLength: 64,
}

async function compare(t: Test, reference: string): Promise<void> {
  await using checkpoint = await openCheckpoint(reference, { cacheFolder })
  const { layers, head, outputNorm } = checkpoint.roles
  const layer = { first: layers.length - 1, count: 1 }
  for (const precision of ['auto', 'int4', 'int8', 'f32'] as const) {
    const said = packedBytes([...(layers.at(-1)?.values() ?? []), head, outputNorm], precision)
    const { byteLength } = await loadShard(
      checkpoint,
      { layers: layer, hasHead: true },
      { cacheFolder, precision },
    )
    t.ok(byteLength >= said, `${precision}: ${said} bytes said, ${byteLength} packed`)
    t.ok(byteLength <= said * 1.03, `${precision}: ${said} bytes said, ${byteLength} packed`)
  }
}

t.test('what is said of a 16-bit model is what packing takes', (t) => compare(t, MODEL))

for (const dtype of ['Q4_0', 'Q8_0'] as const) {
  t.test(`what is said of a ${dtype} model is what packing takes`, async (t) => {
    const file = path.join(t.testdir({}), `${dtype}.gguf`)
    await writeRandomModel(file, SHAPE, { random: new SeededRandom(1), dtype })
    await compare(t, file)
  })
}

const folder = process.env['SHARDLINE_TEST_MODELS'] ?? ''
const q41 = path.join(folder, 'smollm2-135m-instruct', 'SmolLM2-135M-Instruct.Q4_1.gguf')
t.test(
  'what is said of a Q4_1 model is what packing takes',
  { skip: folder === '' || !existsSync(q41) },
  (t) => compare(t, q41),
)
