import { createLog } from '@shardline/core'
import { startLocalCluster } from '../cluster/local-cluster.ts'
import type { LocalCluster } from '../cluster/local-cluster.ts'
import { Progress } from '../console/progress.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { PipelineOptions } from '../options/model-options.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Starts the local cluster that the options ask for, and shows how far it is. */
export async function openCluster(
  options: PipelineOptions & Partial<OutputOptions>,
  context: CommandContext,
): Promise<LocalCluster> {
  const { config, terminal, clock, interrupt } = context
  const isShown = options.json !== true && options.quiet !== true
  const progress = new Progress({ terminal, clock, isShown })
  try {
    return await startLocalCluster({
      model: modelOrBundled(options.model),
      workers: options.workers,
      precision: options.precision,
      threads: options.threads,
      isSpinning: options.spin,
      layers: options.layers,
      contextLength: options.context,
      prefillChunkRows: options.prefillChunk,
      cacheFolder: config.cacheFolder,
      hub: config.hub,
      onProgress: progress.report,
      signal: interrupt.signal,
      log: createLog({ level: config.logLevel }),
    })
  } finally {
    progress.clear()
  }
}
