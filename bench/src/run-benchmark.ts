import { join } from 'node:path'
import { CleanupStack, InvalidValueError } from '@shardline/core'
import type { BenchContext } from './bench-context.ts'
import { describeMachine } from './machine.ts'
import { measureRounds } from './measure-rounds.ts'
import type { Sample } from './measure-rounds.ts'
import { findModels } from './models.ts'
import type { BenchModel } from './models.ts'
import { renderReport } from './report.ts'
import type { ReportInit } from './report.ts'
import { formatDay, writeResults } from './results.ts'
import type { Results, SubjectNote } from './results.ts'
import type { Subject } from './subject/subject.ts'
import { standardWorkloads } from './workload.ts'
import type { Workload } from './workload.ts'

/** Longest sequence that the workloads may need; every model that is measured must take it. */
const CONTEXT_LENGTH = 1024

/** What makes a benchmark the one it is. */
export interface BenchmarkInit {
  readonly report: ReportInit
  /** Label of the subject that ratios are taken of or to. */
  readonly reference: string
  /** Starts the subjects for a model one after another; each is stopped when the model is done. */
  readonly start: (model: BenchModel, workloads: readonly Workload[]) => AsyncIterable<Subject>
}

/** Measures every model that the options name, writes the results and resolves with the report and the paths of the files. */
export async function runBenchmark(
  context: BenchContext,
  init: BenchmarkInit,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, onStatus } = context
  const machine = await describeMachine()
  const models = await findModels({
    wanted: options.models,
    bundledFolder: join(benchFolder, '../models/storyteller'),
    testModelsFolder: options.testModelsFolder,
    cacheFolder: join(benchFolder, '.cache'),
    onStatus,
  })
  if (models.length === 0)
    throw new InvalidValueError('there is no model to measure with; name one with --models')
  const samples: Sample[] = []
  const subjects: SubjectNote[] = []
  for (const model of models) {
    const measured = await measureModel(context, init, model)
    samples.push(...measured.samples)
    subjects.push(...measured.subjects)
  }
  const { threads, rounds, precision, isQuick } = options
  const results: Results = {
    name: options.benchmark,
    date: formatDay(context.now()),
    machine,
    settings: { threads, rounds, precision, quick: isQuick },
    reference: init.reference,
    subjects,
    samples,
  }
  const markdown = renderReport(results, init.report)
  const folder = options.outFolder ?? join(benchFolder, isQuick ? '.cache/results' : 'results')
  return { markdown, paths: await writeResults(folder, results, markdown) }
}

async function measureModel(
  context: BenchContext,
  init: BenchmarkInit,
  model: BenchModel,
): Promise<{ readonly samples: readonly Sample[]; readonly subjects: readonly SubjectNote[] }> {
  const { options, onStatus } = context
  const workloads = standardWorkloads({ contextLength: CONTEXT_LENGTH, isQuick: options.isQuick })
  await using started = new CleanupStack()
  const subjects: Subject[] = []
  onStatus(`${model.name}: loading`)
  for await (const subject of init.start(model, workloads)) {
    started.add(async () => subject[Symbol.asyncDispose]())
    subjects.push(subject)
  }
  const samples = await measureRounds({
    model: model.name,
    subjects,
    workloads,
    rounds: options.rounds,
    onStatus,
  })
  const notes = subjects.map(({ label, description }) => ({ model: model.name, subject: label, description }))
  return { samples, subjects: notes }
}
