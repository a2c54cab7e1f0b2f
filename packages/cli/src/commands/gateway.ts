import { Option } from 'commander'
import type { Command } from 'commander'
import { addGatewayOptions } from '../options/gateway-options.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { parseNodeAddress } from '../options/parse-address.ts'
import { addKeyOption } from '../options/role-options.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { GatewayCommandOptions } from './gateway-action.ts'

/** Adds `shardline gateway`. */
export function addGatewayCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('gateway')
    .description(
      "Serve OpenAI's and Ollama's API on this machine, answered by a driver: programs that speak them work unchanged. Runs until it is stopped (^C).",
    )
    .addOption(
      new Option('--invite <line>', 'the line that the driver printed (default: SHARDLINE_INVITE)').conflicts(
        'driver',
      ),
    )
    .option('--driver <address>', 'ws://host:port#id of the driver, instead of an invite', parseNodeAddress)
  addKeyOption(addGatewayOptions(command))
  addOutputOptions(command)
  addExamples(command, [
    ["For this machine's programs", 'shardline gateway --invite shardline1…'],
    [
      'For others too, with a key that they have to give',
      'shardline gateway --invite shardline1… --host 0.0.0.0 --access-key-file key.txt --allow-host llm.example',
    ],
    [
      'For a program that asks for a model by a fixed name',
      'shardline gateway --invite shardline1… --alias gpt-4o=storyteller',
    ],
  ])
  command.action(async (options: GatewayCommandOptions) => {
    const { runGateway } = await import('./gateway-action.ts')
    await runGateway(options, context)
  })
}
