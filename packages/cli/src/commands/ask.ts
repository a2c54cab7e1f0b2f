import type { Command } from 'commander'
import { addOutputOptions } from '../options/output-options.ts'
import { addSamplingFlags } from '../options/sampling-flags.ts'
import { addSourceOptions } from '../options/source-options.ts'
import type { AskCommandOptions } from './ask-action.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline ask`. */
export function addAskCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('ask')
    .description(
      "Ask a driver that serves, or the best of a market: the prompt is sealed to it, and every token of the answer is checked against the validator's signature.",
    )
    .argument('[text]', 'what to ask (default: what is piped in)')
    .option('--model <name>', 'which of its models (default: its only one)')
    .option('--system <text>', 'what the model is told before the text')
  addSourceOptions(command)
  addSamplingFlags(command)
  addOutputOptions(command)
  addExamples(command, [
    ['Ask a friend', 'shardline ask --invite shardline1… "Tell me a story about a fox."'],
    [
      'Ask a driver of a market, and pay it',
      'shardline ask --market https://market.example --max-price 500 "Tell me a story about a fox."',
    ],
    ['The same, as one JSON object', 'shardline ask --invite shardline1… --json "Tell me a story."'],
  ])
  command.action(async (text: string | undefined, options: AskCommandOptions) => {
    const { runAsk } = await import('./ask-action.ts')
    await runAsk({ ...options, text }, context)
  })
}
