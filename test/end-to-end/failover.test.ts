import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { PartyId } from '@shardline/identity'
import { at, startStruckCluster, STREAMS, tellAll, TOKENS } from '../support/struck-cluster.ts'

t.setTimeout(600_000)

// One cluster, which loses one process after the other until a single worker is left.
const cacheFolder = await mkdtemp(join(tmpdir(), 'shardline-'))
const cluster = await startStruckCluster(cacheFolder, 2)
t.teardown(async () => {
  await cluster[Symbol.asyncDispose]()
  await rm(cacheFolder, { recursive: true, force: true })
})
const undisturbed = await tellAll(cluster)

t.test(
  'kill -9 of any process changes nothing of four answers, be it in the prompts or in the answers',
  async (t) => {
    t.equal(undisturbed[0]?.tokenIds.length, TOKENS)
    const kills = [
      { stage: 'worker 1', tokens: 0 },
      { stage: 'validator', tokens: 50 },
      { stage: 'validator', tokens: 0 },
    ] as const
    for (const { stage, tokens } of kills) {
      const before = cluster.pipeline.repairs.repairs
      const signers: (PartyId | undefined)[] = []
      const disturbed = await tellAll(
        cluster,
        at(tokens, () => cluster.signal(stage, 'SIGKILL')),
        (signer) => signers.push(signer),
      )
      t.same(disturbed, undisturbed, `without ${stage} after ${tokens} tokens`)
      t.equal(cluster.pipeline.repairs.repairs, before + 1)
      t.notOk(signers.includes(undefined), 'every window is signed by a validator of the answer')
      const { party } = cluster.pipeline.stages[3] ?? {}
      t.equal(signers.at(-1), party, 'the last one by the validator that is there now')
    }
    t.equal(cluster.pipeline.failure, undefined)
  },
)

t.test('a process that freezes is replaced, and changes nothing when it thaws', async (t) => {
  const before = cluster.pipeline.repairs.repairs
  let frozen = 0
  const disturbed = await tellAll(
    cluster,
    at(60, () => {
      frozen = cluster.signal('worker 2', 'SIGSTOP')
    }),
  )
  t.same(disturbed, undisturbed)
  t.equal(cluster.pipeline.repairs.repairs, before + 1)
  const thaw = at(20, () => process.kill(frozen, 'SIGCONT'))
  t.same(await tellAll(cluster, thaw), undisturbed)
  t.equal(cluster.pipeline.repairs.repairs, before + 1)
  // It would stand by from now on.
  process.kill(frozen, 'SIGKILL')
})

t.test('without one that stands by, the layers go to those that are left', async (t) => {
  const { restartedSessions } = cluster.pipeline.repairs
  t.same(
    await tellAll(
      cluster,
      at(60, () => cluster.signal('worker 2', 'SIGKILL')),
    ),
    undisturbed,
  )
  t.equal(cluster.pipeline.stages.length, 3, 'one worker holds all')
  t.equal(cluster.pipeline.repairs.restartedSessions, restartedSessions + STREAMS)
})
