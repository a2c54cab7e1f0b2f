import { openCheckpoint } from '@shardline/model'
import { tokenizerIfAny } from '../cluster/tokenizer-if-any.ts'
import { inspectCheckpoint, inspectionToJson, inspectionToText } from '../models/inspection.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Looks into a model. */
export async function runInspect(
  reference: string | undefined,
  options: OutputOptions,
  context: CommandContext,
): Promise<void> {
  const { config, terminal, interrupt } = context
  await using checkpoint = await openCheckpoint(modelOrBundled(reference), {
    cacheFolder: config.cacheFolder,
    ...config.hub,
    signal: interrupt.signal,
  })
  const hasTokenizer = (await tokenizerIfAny(checkpoint)) !== undefined
  const inspection = await inspectCheckpoint(checkpoint, { hasTokenizer })
  terminal.print(
    options.json === true
      ? `${JSON.stringify(inspectionToJson(inspection))}\n`
      : inspectionToText(inspection),
  )
}
