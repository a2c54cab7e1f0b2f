import type { Command } from 'commander'
import { addNodeOptions } from '../options/node-options.ts'
import type { NodeOptions } from '../options/node-options.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline node`. */
export function addNodeCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('node')
    .description(
      'Lend this computer to pipelines: as a worker, a validator, or both, when you want and as much as you want. ^C lets answers end; a second one ends it at once.',
    )
  addNodeOptions(command)
  addExamples(command, [
    ['Work for a friend who sent a line', 'shardline node --join shardlinenode1…'],
    [
      'Work for a market, behind a router',
      'shardline node --market https://market.example --relay relay://relay.example:7400',
    ],
    [
      'At night, with half of the machine',
      'shardline node --market https://market.example --listen 0.0.0.0:7101 --hours 22-7 --threads 4 --memory 8G',
    ],
    [
      'Both roles, for one model and one driver',
      'shardline node --roles worker,validator --listen 0.0.0.0:7101 --model org/name --allow shard1…',
    ],
  ])
  command.action(async (options: NodeOptions) => {
    const { runNode } = await import('./node-action.ts')
    await runNode(options, context)
  })
}
