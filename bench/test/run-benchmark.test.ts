import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseBenchOptions } from '../src/bench-options.ts'
import { benchPipeline } from '../src/pipeline.ts'
import type { PipelineStart } from '../src/subject/pipeline-under-test.ts'

async function runFake(args: readonly string[], folder: string, startFails = false) {
  const starts: PipelineStart[] = []
  let running = 0
  const run = benchPipeline({
    options: parseBenchOptions(args),
    benchFolder: folder,
    now: () => Date.UTC(2025, 0, 31),
    onStatus: () => undefined,
    startPipeline: (init) => {
      starts.push(init)
      if (startFails && init.workers > 0) return Promise.reject(new Error('no room'))
      running++
      return Promise.resolve({
        description: { processes: String(init.workers) },
        answer: async (order) => {
          for (let i = 0; i < order.newTokens; i++) {
            await new Promise((resolve) => setImmediate(resolve))
            order.onToken()
          }
          return { stages: [] }
        },
        [Symbol.asyncDispose]: () => {
          running--
          return Promise.resolve()
        },
      })
    },
  })
  const result = await run.catch((cause: unknown) => cause)
  return { starts, running: () => running, result }
}

t.test('measures every pipeline, stops it, and writes samples and table', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shardline-bench-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const args = [
    'pipeline',
    '--quick',
    '--models',
    folder,
    '--workers',
    '0,2',
    '--threads',
    '1',
    '--rounds',
    '2',
  ]
  const { starts, running, result } = await runFake(args, folder)
  t.match(starts, [
    { workers: 0, threads: 1, precision: 'auto', model: folder },
    { workers: 2, threads: 1 },
  ])
  t.equal(running(), 0)
  const path = join(folder, '.cache/results/pipeline-2025-01-31')
  t.match(result, { paths: [`${path}.json`, `${path}.md`] })
  const results: unknown = JSON.parse(await readFile(`${path}.json`, 'utf8'))
  t.match(results, {
    name: 'pipeline',
    reference: '1 process',
    settings: { threads: 1 },
    samples: Array(12).fill({}),
  })
  t.match(await readFile(`${path}.md`, 'utf8'), '2 workers ÷ 1 process')
})

t.test('stops what it started when a start fails', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shardline-bench-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const { running, result } = await runFake(['pipeline', '--quick', '--models', folder], folder, true)
  t.match(result, { message: 'no room' })
  t.equal(running(), 0)
})

t.test('says so when no model is left', async (t) => {
  const { result } = await runFake(['pipeline', '--models', 'smollm2'], tmpdir())
  t.match(result, { code: 'CORE_INVALID_VALUE', message: /no model/ })
  const unknown = await runFake(['pipeline', '--models', 'nothing-of-this-name'], tmpdir())
  t.match(unknown.result, { code: 'CORE_INVALID_VALUE', message: /is no model/ })
})
