import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { at, startStruckCluster, tellAll, TOKENS } from '../support/struck-cluster.ts'

t.setTimeout(120_000)

t.test(
  'kill -9 of any process changes nothing of four answers, be it in the prompts or in the answers',
  async (t) => {
    const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-'))
    t.teardown(() => rm(cacheFolder, { recursive: true, force: true }))
    await using cluster = await startStruckCluster(cacheFolder, 2)
    const undisturbed = await tellAll(cluster)
    t.equal(undisturbed[0]?.tokenIds.length, TOKENS)
    const kills = [
      { stage: 'worker 1', tokens: 0 },
      { stage: 'worker 2', tokens: 60 },
      { stage: 'validator', tokens: 50 },
      { stage: 'validator', tokens: 0 },
    ] as const
    for (const { stage, tokens } of kills) {
      const before = cluster.pipeline.repairs.repairs
      const disturbed = await tellAll(
        cluster,
        at(tokens, () => cluster.signal(stage, 'SIGKILL')),
      )
      t.same(disturbed, undisturbed, `without ${stage} after ${tokens} tokens`)
      t.equal(cluster.pipeline.repairs.repairs, before + 1)
    }
    t.equal(cluster.pipeline.failure, undefined)
  },
)
