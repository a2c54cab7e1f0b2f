import type { Command } from 'commander'
import { TOP_EVERY_S_DEFAULT, TOP_EVERY_S_MAX, TOP_LOOKS_MAX } from '../limits.ts'
import { addLookOptions } from '../options/look-options.ts'
import { integerWithin, numberWithin } from '../options/parse-number.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { TopOptions } from './top-action.ts'

/** Adds `shardline top`. */
export function addTopCommand(program: Command, context: CommandContext): void {
  const command = addLookOptions(
    program
      .command('top')
      .description(
        'The same as status, live in the terminal until q is pressed. Where there is no terminal: one line for each role and look.',
      ),
  )
    .option(
      '--every <seconds>',
      'time between two looks',
      numberWithin({ min: 0.1, max: TOP_EVERY_S_MAX }),
      TOP_EVERY_S_DEFAULT,
    )
    .option(
      '--count <n>',
      'end after this many looks (default: when it is stopped)',
      integerWithin({ min: 1, max: TOP_LOOKS_MAX }),
    )
  addExamples(command, [
    ['The driver of this computer', 'shardline top'],
    ['A driver and two of its workers', 'shardline top 7500 10.0.0.2:7501 10.0.0.3:7501'],
    ['Ten lines for a script', 'shardline top --count 10 | cat'],
  ])
  command.action(async (addresses: readonly string[], options: TopOptions) => {
    const { runTop } = await import('./top-action.ts')
    await runTop(addresses, options, context)
  })
}
