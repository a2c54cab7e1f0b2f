import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@shardline/core'
import { InvalidValueError } from '@shardline/core'
import { openCheckpoint } from '@shardline/model'
import { describeMachine } from './machine.ts'
import { findModels } from './models.ts'
import type { BenchModel } from './models.ts'
import type { PlanBenchOptions } from './plan/plan-bench-options.ts'
import { PlanCluster } from './plan/plan-cluster.ts'
import type { PlanWorker } from './plan/plan-cluster.ts'
import { renderPlanReport } from './plan/plan-report.ts'
import type { PlanResults, PlanSample, Split } from './plan/plan-results.ts'
import { formatDay, writeResults } from './results.ts'

/** What the benchmark of plans is given to work with. */
export interface PlanBenchContext {
  readonly options: PlanBenchOptions
  /** The folder `bench` of the repository. */
  readonly benchFolder: string
  readonly clock: Clock
  /** Told what is going on. */
  readonly onStatus: (text: string) => void
}

interface Cluster {
  readonly name: string
  readonly workers: readonly PlanWorker[]
  readonly splits: readonly Split[]
}

/** How much slower the slow node of the uneven cluster is. */
const SLOWNESS = 3

/**
 * What planning foretells against what it comes to, on three clusters: equal nodes, one slow one, one far away. On the uneven
 * one also against an equal split. Writes the results and resolves with the report and the paths of the files.
 */
export async function benchPlan(
  context: PlanBenchContext,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, clock, onStatus } = context
  const machine = await describeMachine()
  const cacheFolder = join(benchFolder, '.cache/shardline')
  const model = await findModel(context)
  const { layerCount } = await readConfig(model, cacheFolder)
  const samples: PlanSample[] = []
  for (const { name, workers, splits } of clustersFor(availableParallelism(), options.delayMs)) {
    await using cluster = await PlanCluster.start({
      name,
      workers,
      model: model.path,
      layerCount,
      cacheFolder,
    })
    for (let round = 0; round <= options.rounds; round++) {
      onStatus(`${name}: ${round === 0 ? 'warming up' : `round ${round} of ${options.rounds}`}`)
      for (const split of round % 2 === 0 ? splits : splits.toReversed()) {
        const sample = await cluster.answer({ split, round, tokens: options.tokens })
        if (round > 0) samples.push(sample)
      }
    }
  }
  const date = formatDay(clock.now())
  const { rounds, tokens, delayMs, isQuick } = options
  const settings = { model: model.name, rounds, tokens, delayMs, isQuick }
  const results: PlanResults = { name: 'plan', date, machine, settings, samples }
  const markdown = renderPlanReport(results)
  const folder = options.outFolder ?? join(benchFolder, isQuick ? '.cache/results' : 'results')
  return { markdown, paths: await writeResults(folder, results, markdown) }
}

/** Threads of a fast node against one thread of the slow one, where there are cores for them: about three times as fast. */
const FAST_THREADS = 4

/** Three clusters; where there are too few cores for a node to be slow by its threads, it computes everything several times. */
export function clustersFor(cores: number, delayMs: number): readonly Cluster[] {
  const hasCores = cores >= FAST_THREADS
  const fast: PlanWorker = { threads: hasCores ? FAST_THREADS : 1 }
  const slow: PlanWorker = hasCores ? { threads: 1 } : { threads: 1, slowness: SLOWNESS }
  return [
    { name: 'equal nodes', workers: [{ threads: 1 }, { threads: 1 }], splits: ['planned'] },
    {
      name: `one node ${SLOWNESS}x slower`,
      workers: [fast, slow],
      splits: ['planned', 'equal'],
    },
    {
      name: `${delayMs} ms to one node`,
      workers: [{ threads: 1 }, { threads: 1, delayMs }],
      splits: ['planned'],
    },
  ]
}

async function findModel({ options, benchFolder, onStatus }: PlanBenchContext): Promise<BenchModel> {
  const wanted = options.model === undefined ? ['smollm2', 'bundled'] : [options.model]
  const [model] = await findModels({
    wanted: options.isQuick && options.model === undefined ? ['bundled'] : wanted,
    bundledFolder: join(benchFolder, '../models/storyteller'),
    testModelsFolder: options.testModelsFolder,
    cacheFolder: join(benchFolder, '.cache'),
    onStatus,
  })
  if (model === undefined) throw new InvalidValueError(`there is no model "${options.model}"`)
  return model
}

async function readConfig(model: BenchModel, cacheFolder: string): Promise<{ readonly layerCount: number }> {
  await using checkpoint = await openCheckpoint(model.path, { cacheFolder })
  return checkpoint.config
}
