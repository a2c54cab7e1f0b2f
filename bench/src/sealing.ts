import { join } from 'node:path'
import { CleanupStack, InvalidValueError } from '@shardline/core'
import type { Clock, LayerRange } from '@shardline/core'
import { openCheckpoint } from '@shardline/model'
import { describeMachine } from './machine.ts'
import { measureRounds } from './measure-rounds.ts'
import type { Sample } from './measure-rounds.ts'
import { findModels } from './models.ts'
import type { BenchModel } from './models.ts'
import { formatDay, writeResults } from './results.ts'
import type { SubjectNote } from './results.ts'
import { hopWorkloads } from './sealing/hop-workload.ts'
import { measureHops } from './sealing/measure-hops.ts'
import { measureLinks } from './sealing/measure-links.ts'
import type { SealingBenchOptions } from './sealing/sealing-bench-options.ts'
import { renderSealingReport } from './sealing/sealing-report.ts'
import type { HopSample, SealingResults } from './sealing/sealing-results.ts'
import { startPipeline } from './sealing/start-pipeline.ts'
import { pipelineSubject } from './subject/pipeline-under-test.ts'
import type { Subject } from './subject/subject.ts'
import { standardWorkloads } from './workload.ts'

/** What the benchmark of sealing is given to work with. */
export interface SealingBenchContext {
  readonly options: SealingBenchOptions
  /** The folder `bench` of the repository. */
  readonly benchFolder: string
  readonly clock: Clock
  /** Told what is going on. */
  readonly onStatus: (text: string) => void
}

/** Longest sequence that the workloads may need. */
const CONTEXT_LENGTH = 1024

/**
 * What sealing costs where it is used: the same pipeline, hop and link, sealed and in clear, in turns. Writes the results
 * and resolves with the report and the paths of the files.
 */
export async function benchSealing(
  context: SealingBenchContext,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, clock, onStatus } = context
  const machine = await describeMachine(['onnxruntime-node', 'ws', 'bufferutil'])
  const models = await findModels({
    wanted: options.models,
    bundledFolder: join(benchFolder, '../models/storyteller'),
    testModelsFolder: options.testModelsFolder,
    cacheFolder: join(benchFolder, '.cache'),
    onStatus,
  })
  if (models.length === 0) {
    throw new InvalidValueError('there is no model to measure with; name one with --models')
  }
  const measured: MeasuredModel[] = []
  for (const model of models) measured.push(await measureModel(context, model))
  const { linkSizes: sizes, linkFrames: frames, rounds, threads, isQuick } = options
  const links = await measureLinks({ sizes, frames, rounds, onStatus })
  const results: SealingResults = {
    name: 'sealing',
    date: formatDay(clock.now()),
    machine,
    settings: { rounds, threads, linkFrames: frames, quick: isQuick },
    subjects: measured.flatMap(({ subjects }) => subjects),
    pipelines: measured.flatMap(({ pipelines }) => pipelines),
    hops: measured.flatMap(({ hops }) => hops),
    links,
  }
  const markdown = renderSealingReport(results)
  const folder = options.outFolder ?? join(benchFolder, isQuick ? '.cache/results' : 'results')
  return { markdown, paths: await writeResults(folder, results, markdown) }
}

interface MeasuredModel {
  readonly subjects: readonly SubjectNote[]
  readonly pipelines: readonly Sample[]
  readonly hops: readonly HopSample[]
}

async function measureModel(context: SealingBenchContext, model: BenchModel): Promise<MeasuredModel> {
  const { options, benchFolder, onStatus } = context
  const { rounds, threads, isQuick } = options
  const cacheFolder = join(benchFolder, '.cache/shardline')
  const halves = await halvesOf(model.path, cacheFolder)
  const common = { model: model.path, threads, cacheFolder }
  onStatus(`${model.name}: loading`)
  const { subjects, pipelines } = await measurePipelines(context, model.name, { ...common, layers: halves })
  const hops = await measureHops({
    ...common,
    modelName: model.name,
    layers: halves[0],
    workloads: hopWorkloads(isQuick),
    rounds,
    onStatus,
  })
  return { subjects, pipelines, hops }
}

interface PipelinesInit {
  readonly model: string
  readonly threads: number
  readonly cacheFolder: string
  readonly layers: readonly LayerRange[]
}

async function measurePipelines(
  { options, onStatus }: SealingBenchContext,
  model: string,
  init: PipelinesInit,
): Promise<Omit<MeasuredModel, 'hops'>> {
  await using started = new CleanupStack()
  const subjects: Subject[] = []
  for (const protection of ['in clear', 'sealed'] as const) {
    const pipeline = await startPipeline({ ...init, protection })
    const subject = pipelineSubject({ label: protection, pipeline })
    started.add(async () => subject[Symbol.asyncDispose]())
    subjects.push(subject)
  }
  const workloads = standardWorkloads({ contextLength: CONTEXT_LENGTH, isQuick: options.isQuick })
  const pipelines = await measureRounds({ model, subjects, workloads, rounds: options.rounds, onStatus })
  const notes = subjects.map(({ label, description }) => ({ model, subject: label, description }))
  return { subjects: notes, pipelines }
}

/** What each of two workers holds: half of the layers. */
async function halvesOf(model: string, cacheFolder: string): Promise<readonly [LayerRange, LayerRange]> {
  await using checkpoint = await openCheckpoint(model, { cacheFolder })
  const { layerCount } = checkpoint.config
  const first = layerCount >> 1
  return [
    { first: 0, count: first },
    { first, count: layerCount - first },
  ]
}
