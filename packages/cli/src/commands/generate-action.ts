import type { AnswerFormatFlags } from '../options/answer-format-flags.ts'
import type { InputFlags, RenderFlags } from '../options/input-options.ts'
import type { PipelineOptions } from '../options/model-options.ts'
import type { DigestFlag, OutputOptions } from '../options/output-options.ts'
import type { LogprobsFlag, SamplingFlags } from '../options/sampling-flags.ts'
import { readGrammar } from '../prompt/read-grammar.ts'
import { readInput } from '../prompt/read-input.ts'
import { answerOnce } from './answer-once.ts'
import type { CommandContext } from './command-context.ts'
import { openCluster } from './open-cluster.ts'

/** Options of `shardline generate`. */
export type GenerateOptions = PipelineOptions &
  InputFlags &
  RenderFlags &
  SamplingFlags &
  LogprobsFlag &
  AnswerFormatFlags &
  DigestFlag &
  OutputOptions

/** Answers one prompt over a local pipeline. */
export async function runGenerate(options: GenerateOptions, context: CommandContext): Promise<void> {
  const input = await readInput(options, context.terminal)
  const grammar = await readGrammar(options, context.terminal)
  await using cluster = await openCluster(options, context)
  await answerOnce(cluster, { input, flags: options, processes: cluster.processes, grammar }, context)
}
