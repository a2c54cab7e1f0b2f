import type { Command } from 'commander'
import { addGatewayOptions } from '../options/gateway-options.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addSourceOptions } from '../options/source-options.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { GatewayCommandOptions } from './gateway-action.ts'

/** Adds `shardline gateway`. */
export function addGatewayCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('gateway')
    .description(
      "Serve OpenAI's and Ollama's API on this machine, answered by a driver, or by those of a market: programs that speak them work unchanged. Runs until it is stopped (^C).",
    )
  addGatewayOptions(addSourceOptions(command))
  addOutputOptions(command)
  addExamples(command, [
    ["For this machine's programs", 'shardline gateway --invite shardline1…'],
    [
      'For others too, with a key that they have to give',
      'shardline gateway --invite shardline1… --host 0.0.0.0 --access-key-file key.txt --allow-host llm.example',
    ],
    ['Answered and paid through a market', 'shardline gateway --market https://market.example --key home'],
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
