import type { Command } from 'commander'
import { addLookOptions } from '../options/look-options.ts'
import { addJsonOption } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { StatusOptions } from './status-action.ts'

/** Adds `shardline status`. */
export function addStatusCommand(program: Command, context: CommandContext): void {
  const command = addLookOptions(
    program
      .command('status')
      .description(
        'What drivers, workers, validators and relays do now; those that were started with --status.',
      ),
  )
  addJsonOption(command)
  addExamples(command, [
    ['The driver of this computer', 'shardline status'],
    [
      'A driver, a worker and the market',
      'shardline status 7500 10.0.0.2:7501 --market http://10.0.0.1:7300',
    ],
    ['For a program', 'shardline status --json'],
  ])
  command.action(async (addresses: readonly string[], options: StatusOptions) => {
    const { runStatus } = await import('./status-action.ts')
    await runStatus(addresses, options, context)
  })
}
