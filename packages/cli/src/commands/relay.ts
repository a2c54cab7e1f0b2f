import { Option } from 'commander'
import type { Command } from 'commander'
import { RELAY_PORT_DEFAULT, RELAY_STATUS_PORT_DEFAULT } from '../limits.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { collectPartyId, parseListen } from '../options/parse-address.ts'
import { parseAssignment } from '../options/parse-assignment.ts'
import type { Assignment } from '../options/parse-assignment.ts'
import { addStatusOption } from '../options/status-option.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { RelayCommandOptions } from './relay-action.ts'

/** Adds `shardline relay`. */
export function addRelayCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('relay')
    .description(
      'Let nodes behind routers and firewalls be reached; what it passes on is sealed. Runs until it is stopped (^C).',
    )
    .addOption(
      new Option('--listen <address>', 'host:port to listen on; a port alone is loopback, port 0 a free one')
        .argParser(parseListen)
        .default(parseListen(String(RELAY_PORT_DEFAULT)), `127.0.0.1:${RELAY_PORT_DEFAULT}`),
    )
    .option('--key <name>', "name of the relay's key; it is made if it isn't there", 'relay')
    .addOption(
      new Option('--allow <id>', 'a node that may be reached through it; may be given several times')
        .argParser(collectPartyId)
        .default([], 'every node'),
    )
    .option(
      '--set <name=value>',
      'one of its limits; may be given several times',
      (text, all: readonly Assignment[] | undefined) => [...(all ?? []), parseAssignment(text)],
    )
  addOutputOptions(addStatusOption(command, RELAY_STATUS_PORT_DEFAULT))
  addExamples(command, [
    ['On a computer that others can reach', 'shardline relay --listen 0.0.0.0:7400'],
    [
      'A worker at home, reached through it',
      'shardline worker --key home --relay relay://relay.example:7400#shard1…',
    ],
    [
      'For friends alone, with room for four nodes',
      'shardline relay --listen 0.0.0.0:7400 --allow shard1… --allow shard1… --set registrationsMax=4',
    ],
  ])
  command.action(async (options: RelayCommandOptions) => {
    const { runRelay } = await import('./relay-action.ts')
    await runRelay(options, context)
  })
}
