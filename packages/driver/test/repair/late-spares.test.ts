import t from 'tap'
import { LoopbackTransport } from '../support/loopback-transport.ts'
import { StageDouble } from '../support/stage-double.ts'
import { startToyCluster, toyRequest } from '../support/toy-cluster.ts'
import type { ToyCluster } from '../support/toy-cluster.ts'
import { toyAnswer } from '../support/toy-model.ts'

const isReforming = true
const LAYERS = 6

interface LateCluster extends ToyCluster {
  /** Starts a worker that the pipeline knows nothing of. */
  late(node: string): Promise<StageDouble>
}

/** A pipeline of two workers, that nobody stands by at first. */
async function startLateCluster(spareRetryMsMin: number): Promise<LateCluster> {
  const loopback = new LoopbackTransport()
  const started: StageDouble[] = []
  const cluster = await startToyCluster({
    transport: loopback,
    worker: () => ({ isReforming }),
    validator: { isReforming },
    driver: { limits: { spareRetryMsMin, spareRetryMsMax: spareRetryMsMin, repairRetryMsMin: 1 } },
  })
  return {
    ...cluster,
    late: async (node) => {
      const init = {
        address: `memory:${node}`,
        node,
        role: 'worker',
        layerCount: LAYERS,
        isReforming,
      } as const
      const stage = await new StageDouble(loopback, init).start()
      started.push(stage)
      return stage
    },
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]()
      for (const stage of started) await stage.stop()
    },
  }
}

/** Resolves when as many stand by. */
async function standingBy({ pipeline }: ToyCluster, count: number): Promise<void> {
  while ((pipeline.spares ?? []).filter(({ hot }) => hot.length > 0).length !== count) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

t.test('a node that comes while the pipeline runs stands by, and takes a lost place', async (t) => {
  await using cluster = await startLateCluster(60_000)
  const { pipeline } = cluster
  const late = await cluster.late('late')
  pipeline.enroll?.({ role: 'worker', address: late.address })
  pipeline.enroll?.({ role: 'worker', address: late.address })
  pipeline.enroll?.({ role: 'worker', address: cluster.workers[0]?.address ?? '' })
  await standingBy(cluster, 1)
  t.equal(pipeline.spares?.length, 1, 'told of twice, it is one node, and a stage is none')
  await cluster.workers[0]?.stop()
  const { tokenIds } = await pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 20 })).result
  t.same(tokenIds, toyAnswer([1, 2, 3], 20, LAYERS))
  t.ok(
    pipeline.stages.some(({ node }) => node === 'late'),
    'it is a stage now',
  )
})

t.test('a node that goes is let go and not dialed again before it comes again', async (t) => {
  await using cluster = await startLateCluster(1)
  const { pipeline } = cluster
  const late = await cluster.late('late')
  pipeline.enroll?.({ role: 'worker', address: late.address })
  await standingBy(cluster, 1)
  const asked = (): number => late.received.filter(({ kind }) => kind === 'describe').length
  const before = asked()
  pipeline.dismiss?.(late.address)
  await standingBy(cluster, 0)
  const other = await cluster.late('other')
  pipeline.enroll?.({ role: 'worker', address: other.address })
  await standingBy(cluster, 1)
  t.equal(asked(), before, 'others come, it is left alone')
  pipeline.enroll?.({ role: 'worker', address: late.address })
  await standingBy(cluster, 2)
  t.equal(asked(), before + 1)
})
