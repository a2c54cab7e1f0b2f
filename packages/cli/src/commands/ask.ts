import { Option } from 'commander'
import type { Command } from 'commander'
import { addOutputOptions } from '../options/output-options.ts'
import { parseNodeAddress } from '../options/parse-address.ts'
import { addKeyOption } from '../options/role-options.ts'
import { addSamplingFlags } from '../options/sampling-flags.ts'
import type { AskCommandOptions } from './ask-action.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline ask`. */
export function addAskCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('ask')
    .description(
      "Ask a driver that serves: the prompt is sealed to it, and every token of the answer is checked against the validator's signature.",
    )
    .argument('[text]', 'what to ask (default: what is piped in)')
    .addOption(
      new Option('--invite <line>', 'the line that the driver printed (default: SHARDLINE_INVITE)').conflicts(
        'driver',
      ),
    )
    .option('--driver <address>', 'ws://host:port#id of the driver, instead of an invite', parseNodeAddress)
    .option('--model <name>', 'which of its models (default: its only one)')
    .option('--system <text>', 'what the model is told before the text')
  addKeyOption(command)
  addSamplingFlags(command)
  addOutputOptions(command)
  addExamples(command, [
    ['Ask a friend', 'shardline ask --invite shardline1… "Tell me a story about a fox."'],
    ['The same, as one JSON object', 'shardline ask --invite shardline1… --json "Tell me a story."'],
  ])
  command.action(async (text: string | undefined, options: AskCommandOptions) => {
    const { runAsk } = await import('./ask-action.ts')
    await runAsk({ ...options, text }, context)
  })
}
