import t from 'tap'
import type { Test } from 'tap'
import { SeededRandom } from '@shardline/core'
import type { StageReport } from '../../src/index.ts'
import { LoopbackTransport } from '../support/loopback-transport.ts'
import { StageDouble } from '../support/stage-double.ts'
import type { StageDoubleInit } from '../support/stage-double.ts'
import { startToyCluster, testSeed, toyRequest } from '../support/toy-cluster.ts'
import type { ToyCluster } from '../support/toy-cluster.ts'
import { toyAnswer } from '../support/toy-model.ts'

const seed = testSeed()
t.comment(`SEED=${seed}`)

/** Whoever waits for what never comes waits longer than a test may take. */
const PATIENT = {
  reformMsMax: 600_000,
  stageProgressMsMax: 600_000,
  repairMsMax: 600_000,
  frameProgressMsMax: 600_000,
  repairRetryMsMin: 1,
  repairRetryMsMax: 2,
  spareRetryMsMin: 600_000,
  spareRetryMsMax: 600_000,
}

const isReforming = true

interface ReformCluster extends ToyCluster {
  readonly loopback: LoopbackTransport
  readonly spares: readonly StageDouble[]
}

/** Two workers and a validator that can go on in another formation, with these spares, which have loaded what they can. */
async function startReformCluster(
  spares: readonly Pick<StageDoubleInit, 'node' | 'role' | 'onLoad'>[],
): Promise<ReformCluster> {
  const loopback = new LoopbackTransport()
  const doubles = await Promise.all(
    spares.map((init) => {
      const address = `memory:${init.node}`
      return new StageDouble(loopback, { ...init, address, layerCount: 6, isReforming }).start()
    }),
  )
  const cluster = await startToyCluster({
    transport: loopback,
    worker: () => ({ isReforming }),
    validator: { isReforming },
    driver: {
      limits: { ...PATIENT, prefillChunkRows: 4 },
      spares: {
        workers: spares.flatMap(({ node, role }) => (role === 'worker' ? [`memory:${node}`] : [])),
        validators: spares.flatMap(({ node, role }) => (role === 'validator' ? [`memory:${node}`] : [])),
      },
    },
  })
  while ((cluster.pipeline.spares ?? []).filter(({ hot }) => hot.length > 0).length < spares.length)
    await turns(1)
  const stop = async (): Promise<void> => {
    await cluster[Symbol.asyncDispose]()
    for (const spare of doubles) await spare.stop()
  }
  return { ...cluster, loopback, spares: doubles, [Symbol.asyncDispose]: stop }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Some answers at the same time, while whose stages something happens after so many turns of the event loop. */
async function answersWhile(
  t: Test,
  cluster: ReformCluster,
  { random, act }: { readonly random: SeededRandom; readonly act: () => void },
): Promise<void> {
  const answers = Array.from({ length: 3 }, () => {
    const prompt = [1 + random.integer(90), 2, 3, 4, 5, 6, 7, 8, 9]
    return { prompt, answer: cluster.pipeline.generate(toyRequest(prompt, { maxTokens: 60 })) }
  })
  await turns(random.integer(20))
  act()
  for (const { prompt, answer } of answers) {
    t.same((await answer.result).tokenIds, toyAnswer(prompt, 60, cluster.layerCount))
  }
  const { pipeline } = cluster
  while (pipeline.repairs.repairs === 0 && pipeline.failure === undefined) await turns(1)
  t.same([...cluster.complaints(), ...cluster.spares.flatMap(({ complaints }) => complaints)], [])
}

t.test('a spare takes any place, and nothing of any answer is begun again', async (t) => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 12; round++) {
    await using cluster = await startReformCluster([
      { node: 'a', role: 'worker' },
      { node: 'v2', role: 'validator' },
    ])
    const victim = round % 3
    await answersWhile(t, cluster, { random, act: () => cluster.loopback.cut(`memory:${victim}`) })
    t.match(cluster.pipeline.repairs, { failures: 0, replacedStages: 1, restartedSessions: 0 })
  }
})

t.test('an answer that begins while a stage is replaced is told who makes it', async (t) => {
  await using cluster = await startReformCluster([{ node: 'v2', role: 'validator' }])
  const { pipeline } = cluster
  const validatorOf = (stages: readonly StageReport[] | undefined): string | undefined => stages?.at(-1)?.node
  const told: (readonly [
    atFirst: string | undefined,
    atLast: string | undefined,
    made: string | undefined,
  ])[] = []
  const one = async (): Promise<void> => {
    const atFirst = validatorOf(pipeline.stages)
    let atLast = atFirst
    const answer = pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 2 }))
    for await (const { restaged } of answer) atLast = validatorOf(restaged) ?? atLast
    told.push([atFirst, atLast, validatorOf((await answer.result).stages)])
  }
  const answers: Promise<void>[] = []
  cluster.loopback.cut('memory:2')
  while (pipeline.repairs.repairs === 0) {
    // The repair takes many steps within one turn of the event loop.
    for (let step = 0; step < 1000 && pipeline.repairs.repairs === 0; step++) {
      if (step % 10 === 0) answers.push(one())
      await Promise.resolve()
    }
    await turns(1)
  }
  await Promise.all(answers)
  t.ok(
    told.some(([atFirst]) => atFirst === 'v'),
    'some began before the other validator was in force',
  )
  t.same(
    told.filter(([, atLast, made]) => atLast !== made || made !== 'v2'),
    [],
  )
})

t.test('each boundary sends again only what the stage behind it lacks', async (t) => {
  await using cluster = await startReformCluster([{ node: 'a', role: 'worker' }])
  const [first, second] = cluster.workers
  const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 40 }))
  let seen = 0
  for await (const { token } of answer) {
    if (token !== undefined && ++seen === 20) cluster.loopback.cut('memory:1')
  }
  t.same((await answer.result).tokenIds, toyAnswer([1, 2, 3], 40, cluster.layerCount))
  const [spare] = cluster.spares
  t.ok((first?.replayed ?? 0) >= 20, 'the one before the lost stage sends all rows')
  t.equal(first?.rows, 42, 'and computes none of them again')
  t.equal(spare?.rows, 42, 'the replacement computes them all')
  t.equal(cluster.validator.rows, 42, 'those behind it get none twice')
  t.ok((second?.rows ?? 0) >= 20)
})

t.test(
  'a replacement that refuses its part ends the attempt at once, and another one is taken',
  async (t) => {
    let refusing: string | undefined
    const plans: string[] = []
    const onLoad: NonNullable<StageDoubleInit['onLoad']> = async ({ pipeline, next }) => {
      if (pipeline.includes('.spare.')) return
      plans.push(String(next))
      refusing ??= pipeline
      if (plans.length === 1) throw new Error('another pipeline has what it would take')
    }
    await using cluster = await startReformCluster([
      { node: 'a', role: 'worker', onLoad },
      { node: 'b', role: 'worker', onLoad },
    ])
    await answersWhile(t, cluster, {
      random: new SeededRandom(seed),
      act: () => cluster.loopback.cut('memory:1'),
    })
    t.equal(plans.length, 2, 'each was asked once')
    t.match(cluster.pipeline.repairs, { repairs: 1, failures: 0, replacedStages: 1, restartedSessions: 0 })
    const asked = cluster.spares.map(
      ({ received }) =>
        received.filter((message) => message.kind === 'plan' && message.pipeline === refusing).length,
    )
    t.same(asked, [1, 1], 'the one that refused is left alone for a while')
  },
)

t.test('a validator that refuses its part is not waited for either', async (t) => {
  let refused = 0
  const onLoad: NonNullable<StageDoubleInit['onLoad']> = async ({ pipeline }) => {
    if (!pipeline.includes('.spare.') && refused++ === 0) throw new Error('the head does not fit')
  }
  await using cluster = await startReformCluster([
    { node: 'v2', role: 'validator', onLoad },
    { node: 'v3', role: 'validator', onLoad },
  ])
  await answersWhile(t, cluster, {
    random: new SeededRandom(seed),
    act: () => cluster.loopback.cut('memory:2'),
  })
  t.equal(refused, 2)
  t.match(cluster.pipeline.repairs, { repairs: 1, failures: 0, replacedStages: 1 })
})

t.test('where the only replacement refuses, the layers go to those that are left', async (t) => {
  const onLoad: NonNullable<StageDoubleInit['onLoad']> = async ({ pipeline }) => {
    if (!pipeline.includes('.spare.')) throw new Error('the layers do not fit')
  }
  await using cluster = await startReformCluster([{ node: 'a', role: 'worker', onLoad }])
  await answersWhile(t, cluster, {
    random: new SeededRandom(seed),
    act: () => cluster.loopback.cut('memory:1'),
  })
  t.same(
    cluster.pipeline.stages.map(({ node, layers }) => [node, layers]),
    [
      ['driver', undefined],
      ['w1', { first: 0, count: 6 }],
      ['v', undefined],
    ],
  )
})
