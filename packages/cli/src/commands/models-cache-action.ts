import { cacheUsage, clearCache, removeFromSourceCache, sourceCacheUsage } from '@shardline/model'
import { formatBytes, formatCount, formatTable } from '../console/format.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline models cache`. */
export type CacheOptions = OutputOptions & { readonly clear: boolean | undefined }

/** Shows the cache, or empties it. */
export async function runCache(options: CacheOptions, context: CommandContext): Promise<void> {
  const { terminal, config } = context
  const { cacheFolder } = config
  const isClearing = options.clear === true
  const sources = await sourceCacheUsage(cacheFolder)
  const packed = isClearing ? await clearCache(cacheFolder) : await cacheUsage(cacheFolder)
  if (isClearing) {
    for (const reference of new Set(sources.models.map((model) => model.reference))) {
      await removeFromSourceCache(cacheFolder, reference)
    }
  }
  const totalBytes = sources.totalBytes + packed.bytes
  if (options.json === true) {
    const json = {
      path: cacheFolder,
      is_cleared: isClearing,
      downloads: { models: sources.models.length, bytes: sources.totalBytes },
      packed: { models: packed.models.length, files: packed.files, bytes: packed.bytes },
      total_bytes: totalBytes,
    }
    terminal.print(`${JSON.stringify(json)}\n`)
    return
  }
  const table = formatTable([
    ['downloads', `${formatCount(sources.models.length)} models`, formatBytes(sources.totalBytes)],
    [
      'packed',
      `${formatCount(packed.models.length)} models, ${formatCount(packed.files)} files`,
      formatBytes(packed.bytes),
    ],
    ['together', '', formatBytes(totalBytes)],
  ])
  terminal.print(`${cacheFolder}${isClearing ? ' is empty now; it held:' : ''}\n${table}`)
}
