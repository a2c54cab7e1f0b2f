import type { Command } from 'commander'
import { addKeyOption } from '../options/key-option.ts'
import { addMarketOption } from '../options/market-option.ts'
import { addJsonOption } from '../options/output-options.ts'
import { parseCredits } from '../options/parse-credits.ts'
import type { CommandContext } from './command-context.ts'
import type { DepositOptions } from './deposit-action.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline deposit`. */
export function addDepositCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('deposit')
    .description("Give credits to a user of a market; for the market's operators only.")
    .argument('<party>', "the user's id, as `shardline keys show` prints it")
    .argument('<credits>', 'how many, with up to 6 decimals', parseCredits)
    .option('--id <uuid>', 'the deposit; the same one never gives twice (default: a new one)')
  addJsonOption(addMarketOption(addKeyOption(command)))
  addExamples(command, [
    ['On the market of this machine, with its own key', 'shardline deposit shard1... 25 --key market'],
    ['Again, not knowing whether it took place', 'shardline deposit shard1... 25 --id 0190b0c4-...'],
  ])
  command.action(async (party: string, credits: bigint, options: DepositOptions) => {
    const { runDeposit } = await import('./deposit-action.ts')
    await runDeposit({ party, credits, ...options }, context)
  })
}
