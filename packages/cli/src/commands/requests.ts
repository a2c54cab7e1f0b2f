import type { Command } from 'commander'
import { REQUESTS_DEFAULT, REQUESTS_MAX } from '../limits.ts'
import { addKeyOption } from '../options/key-option.ts'
import { addMarketOption } from '../options/market-option.ts'
import { addJsonOption } from '../options/output-options.ts'
import { integerWithin } from '../options/parse-number.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { RequestsOptions } from './requests-action.ts'

/** Adds `shardline requests`. */
export function addRequestsCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('requests')
    .description('Your requests on a market: where they stand, and what they cost.')
    .argument('[id]', 'all about this one (default: a list, newest first)')
    .option(
      '--limit <n>',
      'how many of the list',
      integerWithin({ min: 1, max: REQUESTS_MAX }),
      REQUESTS_DEFAULT,
    )
    .option('--before <id>', 'only those that were opened before this one')
  addJsonOption(addMarketOption(addKeyOption(command)))
  addExamples(command, [
    ['The last ones', 'shardline requests --limit 5'],
    ['Who was paid how much for one of them', 'shardline requests 01890a5d-ac96-774b-bcce-b302099a8057'],
  ])
  command.action(async (id: string | undefined, options: RequestsOptions) => {
    const { runRequests } = await import('./requests-action.ts')
    await runRequests(id, options, context)
  })
}
