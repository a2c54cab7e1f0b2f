import type { Command } from 'commander'
import { addKeyOption } from '../options/key-option.ts'
import { addMarketOption } from '../options/market-option.ts'
import { addJsonOption } from '../options/output-options.ts'
import type { BalanceOptions } from './balance-action.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline balance`. */
export function addBalanceCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('balance')
    .description('What you have on a market: free credits, and held ones.')
  addJsonOption(addMarketOption(addKeyOption(command)))
  addExamples(command, [
    ['What do I have?', 'shardline balance'],
    ['With another key, for a program', 'shardline balance --key work --json'],
  ])
  command.action(async (options: BalanceOptions) => {
    const { runBalance } = await import('./balance-action.ts')
    await runBalance(options, context)
  })
}
