import { loadShard, openCheckpoint, pullReference } from '@shardline/model'
import { formatBytes } from '../console/format.ts'
import { Progress } from '../console/progress.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline models pull`. */
export type PullOptions = OutputOptions & { readonly precision: 'auto' | 'int4' | 'int8' | 'f32' }

/** Downloads a model as a whole and packs it. */
export async function runPull(
  reference: string,
  options: PullOptions,
  context: CommandContext,
): Promise<void> {
  const { config, terminal, clock, interrupt } = context
  const { cacheFolder } = config
  const { signal } = interrupt
  const isSilent = options.json === true || options.quiet === true
  const progress = new Progress({ terminal, clock, isShown: !isSilent })
  const common = { cacheFolder, signal, onProgress: progress.report }
  try {
    const pulled = await pullReference(reference, { ...common, ...config.hub })
    await using checkpoint = await openCheckpoint(reference, { cacheFolder, signal, ...config.hub })
    const layers = { first: 0, count: checkpoint.config.layerCount }
    const shard = await loadShard(
      checkpoint,
      { layers, hasHead: true },
      { ...common, precision: options.precision },
    )
    progress.clear()
    if (options.json === true) {
      const json = {
        reference,
        digest: checkpoint.digest,
        is_local: pulled.isLocal,
        files: pulled.names,
        total_bytes: pulled.totalBytes,
        fetched_bytes: pulled.fetchedBytes,
        precision: options.precision,
        packed_bytes: shard.byteLength,
      }
      terminal.print(`${JSON.stringify(json)}\n`)
      return
    }
    const fetched = pulled.isLocal ? 'is a local model' : `is here: ${formatBytes(pulled.totalBytes)}`
    terminal.print(
      `${reference} ${fetched}, packed ${formatBytes(shard.byteLength)} (${options.precision})\n`,
    )
  } finally {
    progress.clear()
  }
}
