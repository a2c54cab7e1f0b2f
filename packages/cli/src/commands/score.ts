import type { Command } from 'commander'
import { TOP_ALTERNATIVES_MAX } from '../limits.ts'
import { addInputOptions } from '../options/input-options.ts'
import { addPipelineOptions } from '../options/model-options.ts'
import { addDigestOption, addOutputOptions } from '../options/output-options.ts'
import { integerWithin } from '../options/parse-number.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { ScoreOptions } from './score-action.ts'

/** Adds `shardline score`. */
export function addScoreCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('score')
    .description(
      'How probable is a text? The log-probability of each token given those before it, mean and perplexity.',
    )
  addInputOptions(command)
  command
    .option(
      '--top <n>',
      'best alternatives to report at each position',
      integerWithin({ min: 0, max: TOP_ALTERNATIVES_MAX }),
      0,
    )
    .option('--raw', 'accepted as with generate: a text is scored without the chat template in any case')
    .option('--no-special', 'take the text as it is, without the tokens that the checkpoint puts around it')
  addPipelineOptions(command, { workersDefault: 0, workersMin: 0 })
  addDigestOption(command)
  addOutputOptions(command)
  addExamples(command, [
    ['Perplexity of a text', 'shardline score --file text.txt'],
    [
      'Eight best alternatives at each position, for a program',
      'shardline score --ids ids.json --top 8 --json',
    ],
  ])
  command.action(async (options: ScoreOptions) => {
    const { runScore } = await import('./score-action.ts')
    await runScore(options, context)
  })
}
