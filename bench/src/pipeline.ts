import { join } from 'node:path'
import type { BenchContext } from './bench-context.ts'
import type { BenchModel } from './models.ts'
import { runBenchmark } from './run-benchmark.ts'
import { pipelineSubject } from './subject/pipeline-under-test.ts'
import type { Subject } from './subject/subject.ts'

/** Our pipeline in one process against itself split over several. */
export function benchPipeline(context: BenchContext): ReturnType<typeof runBenchmark> {
  const [first = 0] = context.options.workers
  return runBenchmark(context, {
    report: { title: 'Pipelines over processes', ratio: 'to-reference' },
    reference: pipelineLabel(first),
    start: (model) => startPipelines(context, model),
  })
}

async function* startPipelines(context: BenchContext, model: BenchModel): AsyncGenerator<Subject> {
  const { workers: counts, threads, precision } = context.options
  const cacheFolder = join(context.benchFolder, '.cache/shardline')
  for (const workers of counts) {
    const pipeline = await context.startPipeline({
      model: model.path,
      workers,
      threads,
      precision,
      cacheFolder,
    })
    yield pipelineSubject({ label: pipelineLabel(workers), pipeline })
  }
}

/** `1 process`, or the number of workers beside driver and validator. */
export function pipelineLabel(workers: number): string {
  if (workers === 0) return '1 process'
  return `${workers} ${workers === 1 ? 'worker' : 'workers'}`
}
