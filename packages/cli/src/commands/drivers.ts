import type { Command } from 'commander'
import { addMarketOption } from '../options/market-option.ts'
import { addJsonOption } from '../options/output-options.ts'
import { integerWithin, numberWithin } from '../options/parse-number.ts'
import type { CommandContext } from './command-context.ts'
import type { DriversOptions } from './drivers-action.ts'
import { addExamples } from './examples.ts'

const SHARE = numberWithin({ min: 0, max: 1 })

/** Adds `shardline drivers`. */
export function addDriversCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('drivers')
    .description('Who serves a model on a market, best first: speed, price and reputation.')
    .argument('<model>', 'a model of the market, as `shardline price` lists them')
    .option('--region <code>', 'only in this country or part of it, such as de or us-ca')
    .option(
      '--min-completed <n>',
      'only with so many completed requests',
      integerWithin({ min: 0, max: 2_147_483_647 }),
    )
    .option('--min-success <share>', 'only with this share of successes, from 0 to 1', SHARE)
    .option('--min-preference <share>', 'only with this share of won comparisons, from 0 to 1', SHARE)
    .option('--max-price <price>', 'only up to this price, in microcredits per 1M tokens')
    .option('--numeric-class <name>', 'only with results of this class')
    .option('--quantization <kind>', 'only with weights of this kind, such as q4')
    .option('--measure', 'connect to each, and show how long that takes')
  addJsonOption(addMarketOption(command))
  addExamples(command, [
    ['Who serves it?', 'shardline drivers smollm2-135m/q4'],
    [
      'Those with a good name, near by',
      'shardline drivers smollm2-135m/q4 --min-completed 100 --region de --measure',
    ],
  ])
  command.action(async (model: string, options: DriversOptions) => {
    const { runDrivers } = await import('./drivers-action.ts')
    await runDrivers(model, options, context)
  })
}
