import { readInput } from '../prompt/read-input.ts'
import { answerOnce } from './answer-once.ts'
import type { CommandContext } from './command-context.ts'
import type { GenerateOptions } from './generate.ts'
import { openCluster } from './open-cluster.ts'

/** Answers one prompt over a local pipeline. */
export async function runGenerate(options: GenerateOptions, context: CommandContext): Promise<void> {
  const input = await readInput(options, context.terminal)
  await using cluster = await openCluster(options, context)
  await answerOnce(cluster, { input, flags: options, processes: cluster.processes }, context)
}
