import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Hop } from '../../src/sealing/hop.ts'

const MODEL = fileURLToPath(new URL('../../../models/storyteller', import.meta.url))
const DECODE = { name: 'decode', sessions: 3, rows: 1, frames: 6, framesPerSession: 6 }
const PREFILL = { name: 'prefill', sessions: 1, rows: 40, frames: 5, framesPerSession: 2 }

const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-hop-'))
t.teardown(() => rm(cacheFolder, { recursive: true, force: true }))
// Starting processes takes long where many do so at once.
t.setTimeout(300_000)

for (const protection of ['in clear', 'sealed'] as const) {
  t.test(`all rows come out of a worker, ${protection}`, { timeout: 120_000 }, async (t) => {
    const layers = { first: 0, count: 1 }
    await using hop = await Hop.start({ protection, model: MODEL, layers, threads: 1, cacheFolder })
    for (const workload of [DECODE, PREFILL]) {
      for (const flow of ['one by one', 'saturated'] as const) {
        t.ok((await hop.measure(workload, flow)) > 0, `${workload.name}, ${flow}`)
      }
    }
  })
}
