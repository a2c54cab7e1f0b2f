import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { at, startStruckCluster, STREAMS, tellAll } from '../support/struck-cluster.ts'

t.setTimeout(120_000)

t.test('without one that stands by, the layers go to those that are left', async (t) => {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-'))
  t.teardown(() => rm(cacheFolder, { recursive: true, force: true }))
  await using cluster = await startStruckCluster(cacheFolder, 0)
  const undisturbed = await tellAll(cluster)
  t.same(
    await tellAll(
      cluster,
      at(60, () => cluster.signal('worker 2', 'SIGKILL')),
    ),
    undisturbed,
  )
  t.equal(cluster.pipeline.stages.length, 3, 'one worker holds all')
  t.equal(cluster.pipeline.repairs.restartedSessions, STREAMS)
})
