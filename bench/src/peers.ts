import { join } from 'node:path'
import type { BenchContext } from './bench-context.ts'
import type { BenchModel } from './models.ts'
import { runBenchmark } from './run-benchmark.ts'
import { installNodeLlama } from './subject/install-node-llama.ts'
import { llamaBench } from './subject/llama-bench.ts'
import { startNodeLlama } from './subject/node-llama.ts'
import { pipelineSubject } from './subject/pipeline-under-test.ts'
import type { Subject } from './subject/subject.ts'
import type { Workload } from './workload.ts'

const OURS = 'Shardline'

/** Our whole pipeline in one process against other programs on the same GGUF files. */
export function benchPeers(context: BenchContext): ReturnType<typeof runBenchmark> {
  return runBenchmark(context, {
    report: { title: 'One process against peers', ratio: 'of-reference' },
    reference: OURS,
    start: (model, workloads) => startPeers(context, model, workloads),
  })
}

async function* startPeers(
  context: BenchContext,
  model: BenchModel,
  workloads: readonly Workload[],
): AsyncGenerator<Subject> {
  const { options, benchFolder, onStatus } = context
  const { threads, precision } = options
  const cacheFolder = join(benchFolder, '.cache/shardline')
  const pipeline = await context.startPipeline({
    model: model.path,
    workers: 0,
    threads,
    precision,
    cacheFolder,
  })
  yield pipelineSubject({ label: OURS, pipeline })
  if (!options.isNodeLlamaSkipped) {
    const program = await installNodeLlama({
      sourceFolder: join(benchFolder, 'node-llama'),
      targetFolder: join(benchFolder, '.cache/node-llama'),
      onStatus,
    })
    yield await startNodeLlama({ program, model: model.path, threads, workloads })
  }
  if (options.llamaBench !== undefined) {
    yield await llamaBench({ program: options.llamaBench, model: model.path, threads })
  }
}
