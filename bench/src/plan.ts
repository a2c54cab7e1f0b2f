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
 * What planning foretells against what it comes to, on three clusters of two and of three workers: equal nodes, one slow
 * one, one far away. On the uneven one of two also against an equal split. Writes the results and resolves with the report
 * and the paths of the files.
 */
export async function benchPlan(
  context: PlanBenchContext,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, clock } = context
  const machine = await describeMachine()
  const cacheFolder = join(benchFolder, '.cache/shardline')
  const models = await findPlanModels(context)
  const samples: PlanSample[] = []
  for (const model of models) {
    const { layerCount } = await readConfig(model, cacheFolder)
    for (const cluster of clustersFor(availableParallelism(), options)) {
      samples.push(...(await measureCluster({ cluster, model, layerCount, cacheFolder }, context)))
    }
  }
  const date = formatDay(clock.now())
  const { rounds, tokens, delayMs, isQuick } = options
  const settings = { models: models.map(({ name }) => name).join(' and '), rounds, tokens, delayMs, isQuick }
  const results: PlanResults = { name: 'plan', date, machine, settings, samples }
  const markdown = renderPlanReport(results)
  const folder = options.outFolder ?? join(benchFolder, isQuick ? '.cache/results' : 'results')
  return { markdown, paths: await writeResults(folder, results, markdown) }
}

interface MeasuredCluster {
  readonly cluster: Cluster
  readonly model: BenchModel
  readonly layerCount: number
  readonly cacheFolder: string
}

/** All rounds over one cluster, which is there for no longer. */
async function measureCluster(
  { cluster, model, layerCount, cacheFolder }: MeasuredCluster,
  { options, onStatus }: PlanBenchContext,
): Promise<readonly PlanSample[]> {
  const { name, workers, splits } = cluster
  const samples: PlanSample[] = []
  await using running = await PlanCluster.start({
    name,
    workers,
    modelName: model.name,
    model: model.path,
    layerCount,
    cacheFolder,
  })
  for (let round = 0; round <= options.rounds; round++) {
    const progress = round === 0 ? 'warming up' : `round ${round} of ${options.rounds}`
    onStatus(`${model.name}, ${name}: ${progress}`)
    for (const split of round % 2 === 0 ? splits : splits.toReversed()) {
      const sample = await running.answer({ split, round, tokens: options.tokens })
      if (round > 0) samples.push(sample)
    }
  }
  return samples
}

/** Threads of a fast node against one thread of the slow one, where there are cores for them: about three times as fast. */
const FAST_THREADS = 4

/**
 * Three clusters of two workers and, but for quick runs, of three; where there are too few cores for a node to be slow by
 * its threads, it computes everything several times.
 */
export function clustersFor(
  cores: number,
  { delayMs, isQuick }: { readonly delayMs: number; readonly isQuick: boolean },
): readonly Cluster[] {
  const hasCores = cores >= FAST_THREADS
  const near: PlanWorker = { threads: 1 }
  const far: PlanWorker = { threads: 1, delayMs }
  const fast: PlanWorker = { threads: hasCores ? FAST_THREADS : 1 }
  const slow: PlanWorker = hasCores ? { threads: 1 } : { threads: 1, slowness: SLOWNESS }
  const two: readonly Cluster[] = [
    { name: '2 equal nodes', workers: [near, near], splits: ['planned'] },
    { name: `1 of 2 nodes ${SLOWNESS}x slower`, workers: [fast, slow], splits: ['planned', 'equal'] },
    { name: `${delayMs} ms to 1 of 2 nodes`, workers: [near, far], splits: ['planned'] },
  ]
  if (isQuick) return two
  return [
    ...two,
    { name: '3 equal nodes', workers: [near, near, near], splits: ['planned'] },
    { name: `1 of 3 nodes ${SLOWNESS}x slower`, workers: [fast, slow, fast], splits: ['planned'] },
    { name: `${delayMs} ms to 1 of 3 nodes`, workers: [near, far, near], splits: ['planned'] },
  ]
}

async function findPlanModels({
  options,
  benchFolder,
  onStatus,
}: PlanBenchContext): Promise<readonly BenchModel[]> {
  const usual = options.isQuick ? ['bundled'] : ['smollm2', 'bundled']
  const models = await findModels({
    wanted: options.model === undefined ? usual : [options.model],
    bundledFolder: join(benchFolder, '../models/storyteller'),
    testModelsFolder: options.testModelsFolder,
    cacheFolder: join(benchFolder, '.cache'),
    onStatus,
  })
  if (models.length === 0) throw new InvalidValueError(`there is no model "${options.model}"`)
  return models
}

async function readConfig(model: BenchModel, cacheFolder: string): Promise<{ readonly layerCount: number }> {
  await using checkpoint = await openCheckpoint(model.path, { cacheFolder })
  return checkpoint.config
}
