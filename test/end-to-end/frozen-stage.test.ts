import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { at, startStruckCluster, tellAll } from '../support/struck-cluster.ts'

t.setTimeout(120_000)

t.test('a process that freezes is replaced, and changes nothing when it thaws', async (t) => {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-'))
  t.teardown(() => rm(cacheFolder, { recursive: true, force: true }))
  await using cluster = await startStruckCluster(cacheFolder, 1)
  const undisturbed = await tellAll(cluster)
  let frozen = 0
  const disturbed = await tellAll(
    cluster,
    at(60, () => {
      frozen = cluster.signal('worker 2', 'SIGSTOP')
    }),
  )
  t.same(disturbed, undisturbed)
  t.equal(cluster.pipeline.repairs.repairs, 1)
  const thaw = at(20, () => process.kill(frozen, 'SIGCONT'))
  t.same(await tellAll(cluster, thaw), undisturbed)
  t.equal(cluster.pipeline.repairs.repairs, 1)
})
