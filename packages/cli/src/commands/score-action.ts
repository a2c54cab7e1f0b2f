import type { ScoreResult } from '@shardline/driver'
import { formatCount } from '../console/format.ts'
import { scoreToJson } from '../console/result-json.ts'
import { drawStages } from '../console/stage-picture.ts'
import type { InputFlags } from '../options/input-options.ts'
import type { PipelineOptions } from '../options/model-options.ts'
import type { DigestFlag, OutputOptions } from '../options/output-options.ts'
import { readInput } from '../prompt/read-input.ts'
import type { CommandContext } from './command-context.ts'
import { openCluster } from './open-cluster.ts'

/** Options of `shardline score`. */
export type ScoreOptions = PipelineOptions &
  InputFlags &
  DigestFlag &
  OutputOptions & { readonly top: number; readonly special: boolean }

/** Scores one text. */
export async function runScore(options: ScoreOptions, context: CommandContext): Promise<void> {
  const { terminal, interrupt } = context
  const input = await readInput(options, terminal)
  await using cluster = await openCluster(options, context)
  const { checkpoint, processes } = cluster
  const tokenIds =
    input.kind === 'ids'
      ? input.ids
      : (await checkpoint.tokenizer()).encode(input.text, { addSpecial: options.special })
  const result = await cluster.pipeline.score({
    tokenIds,
    top: options.top,
    isDigestWanted: options.digest ?? options.json === true,
    signal: interrupt.signal,
  })
  if (options.json === true) {
    const facts = {
      model: checkpoint.reference,
      modelDigest: checkpoint.digest,
      precision: options.precision,
      processes,
    }
    terminal.print(`${JSON.stringify(scoreToJson(result, facts))}\n`)
    return
  }
  terminal.print(summarize(result))
  if (options.quiet !== true) terminal.note(drawStages(result.stages))
}

function summarize(result: ScoreResult): string {
  const lines = [
    `tokens      ${formatCount(result.tokenIds.length)}`,
    `mean NLL    ${result.meanNll.toFixed(6)} nats a token`,
    `perplexity  ${Math.exp(result.meanNll).toFixed(4)}`,
  ]
  if (result.digest !== undefined) lines.push(`digest      ${result.digest}`)
  return `${lines.join('\n')}\n`
}
