import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Hop } from '../../src/sealing/hop.ts'

const MODEL = fileURLToPath(new URL('../../../models/storyteller', import.meta.url))

t.test(
  'frames go through a worker of both protections, with rows of several sessions and of long ones',
  async (t) => {
    const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-hop-'))
    t.teardown(() => rm(cacheFolder, { recursive: true, force: true }))
    const decode = { name: 'decode', sessions: 3, rows: 1, frames: 6, framesPerSession: 6 }
    const prefill = { name: 'prefill', sessions: 1, rows: 40, frames: 5, framesPerSession: 2 }
    for (const protection of ['in clear', 'sealed'] as const) {
      const layers = { first: 0, count: 1 }
      await using hop = await Hop.start({ protection, model: MODEL, layers, threads: 1, cacheFolder })
      for (const workload of [decode, prefill]) {
        for (const flow of ['one by one', 'saturated'] as const) {
          t.ok((await hop.measure(workload, flow)) > 0, `${workload.name}, ${flow}, ${protection}`)
        }
      }
    }
  },
)
