import t from 'tap'
import type { SeededRandom } from '@shardline/core'
import { ShardlineError } from '@shardline/core'
import { openCheckpointFiles } from '../src/open-checkpoint.ts'
import type { MemoryFiles } from './support/memory-files.ts'
import { testRandom } from './support/seed.ts'
import { tinyGguf, tinyHuggingFace, tinyTensors } from './support/tiny-model.ts'

/** Ten times as many in the long form (npm run soak). */
const RUNS = process.env['SHARDLINE_SOAK'] === undefined ? 6_000 : 60_000
const GROWTH_BYTES_MAX = 256 * 1024 * 1024
/** Values that overflow, wrap or look plausible and aren't. */
const BAD_NUMBERS = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n]

/** Changes some bytes before `end`: bits, bytes, 64-bit fields, a cut, or a piece copied elsewhere. */
function mutate(bytes: Uint8Array, end: number, random: SeededRandom): Uint8Array {
  let out: Uint8Array = Uint8Array.from(bytes)
  const changes = 1 + random.integer(4)
  for (let i = 0; i < changes; i++) {
    const at = random.integer(Math.min(end, out.length - 8))
    switch (random.integer(6)) {
      case 0:
        out[at] = (out[at] ?? 0) ^ (1 << random.integer(8))
        break
      case 1:
        out[at] = random.integer(256)
        break
      case 2:
        new DataView(out.buffer, at, 8).setBigUint64(
          0,
          BAD_NUMBERS[random.integer(BAD_NUMBERS.length)] ?? 0n,
          true,
        )
        break
      case 3:
        if (random.integer(4) === 0) out = out.slice(0, 16 + random.integer(out.length - 16))
        break
      case 4:
        out.copyWithin(random.integer(end), at, at + random.integer(40))
        break
      default:
        out.fill(random.integer(256), at, at + random.integer(12))
    }
    if (out.length < 24) return out
  }
  return out
}

/** Opens a checkpoint that may be damaged; returns whether it was refused. Anything but an error of this package fails the test. */
async function isRefused(files: MemoryFiles): Promise<boolean> {
  try {
    await using checkpoint = await openCheckpointFiles(files)
    for (const { source, offset, byteLength } of checkpoint.tensors.values()) {
      if (offset + byteLength > source.sizeBytes) t.fail('a tensor outside its file is taken')
    }
    return false
  } catch (error) {
    if (!(error instanceof ShardlineError) || error.code.startsWith('CORE_')) throw error
    return true
  }
}

/** Opens mutated copies of a checkpoint; returns how many were refused. */
async function fuzz(files: MemoryFiles, file: string, random: SeededRandom): Promise<number> {
  const source = await files.open(file)
  const bytes = await source.read(0, source.sizeBytes)
  const headerEnd = file.endsWith('.gguf') ? 2_000 : 8 + Number(Buffer.from(bytes).readBigUInt64LE(0))
  let refused = 0
  for (let run = 0; run < RUNS; run++) {
    if (await isRefused(files.with({ [file]: mutate(bytes, headerEnd, random) }))) refused++
  }
  return refused
}

t.test('mutated headers are refused with a coded error or read, and memory stays', async (t) => {
  const random = testRandom((line) => t.comment(line))
  const tensors = tinyTensors(random)
  const before = process.memoryUsage().rss
  const gguf = await fuzz(tinyGguf(tensors), 'model.gguf', random)
  const safetensors = await fuzz(tinyHuggingFace(tensors), 'model.safetensors', random)
  const growth = process.memoryUsage().rss - before
  t.comment(`refused ${gguf} and ${safetensors} of ${RUNS} each; memory grew by ${growth} bytes`)
  t.ok(gguf > RUNS / 4 && safetensors > RUNS / 4, 'mutations hit')
  t.ok(gguf < RUNS && safetensors < RUNS, 'mutations are subtle')
  t.ok(growth < GROWTH_BYTES_MAX)
})

t.test('mutated descriptions are refused with a coded error or read', async (t) => {
  const random = testRandom((line) => t.comment(line))
  const files = tinyHuggingFace(tinyTensors(random))
  const text = (await files.readText('config.json')) ?? ''
  const entries = Object.entries(JSON.parse(text) as Record<string, unknown>)
  const values = [
    'null',
    '-1',
    '0',
    '1e308',
    '1e999',
    '0.5',
    '"x"',
    '[]',
    '{}',
    '[[[]]]',
    'true',
    '9007199254740993',
  ]
  let refused = 0
  for (let run = 0; run < RUNS / 2; run++) {
    const changed = entries.map(([key, value]) => {
      const written = random.integer(16) === 0 ? values[random.integer(values.length)] : JSON.stringify(value)
      return `"${key}":${written}`
    })
    const config =
      random.integer(5) === 0 ? mutate(Buffer.from(text), text.length, random) : `{${changed.join(',')}}`
    if (await isRefused(files.with({ 'config.json': config }))) refused++
  }
  t.comment(`refused ${refused} of ${RUNS / 2}`)
  t.ok(refused > RUNS / 8 && refused < RUNS / 2)
})
