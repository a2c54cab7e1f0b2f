import { sourceCacheUsage } from '@shardline/model'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes, formatTable } from '../console/format.ts'
import { ModelNotGivenError } from '../errors.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

interface ListedModel {
  readonly reference: string
  readonly from: string
  readonly bytes: number
  readonly isComplete: boolean
}

/** Lists the bundled model and those that were downloaded. */
export async function runList(options: OutputOptions, context: CommandContext): Promise<void> {
  const { models } = await sourceCacheUsage(context.config.cacheFolder)
  const listed: readonly ListedModel[] = [
    ...(await bundledModel()),
    ...models.map(({ reference, host, sizeBytes, isComplete }) => ({
      reference,
      from: host,
      bytes: sizeBytes,
      isComplete,
    })),
  ]
  if (options.json === true) {
    const json = listed.map(({ isComplete, ...model }) => ({ ...model, is_complete: isComplete }))
    context.terminal.print(`${JSON.stringify({ models: json })}\n`)
    return
  }
  const rows = listed.map(({ reference, from, bytes, isComplete }) => [
    reference,
    from,
    formatBytes(bytes),
    isComplete ? '' : 'in part',
  ])
  context.terminal.print(formatTable([['model', 'from', 'size', ''], ...rows]))
}

async function bundledModel(): Promise<readonly ListedModel[]> {
  try {
    const reference = modelOrBundled(undefined)
    const { size } = await stat(join(reference, 'model.safetensors'))
    return [{ reference, from: 'bundled', bytes: size, isComplete: true }]
  } catch (cause) {
    if (cause instanceof ModelNotGivenError) return []
    throw cause
  }
}
