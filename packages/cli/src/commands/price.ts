import type { Command } from 'commander'
import { PRICE_POINTS_DEFAULT, PRICE_POINTS_MAX } from '../limits.ts'
import { addMarketOption } from '../options/market-option.ts'
import { addJsonOption } from '../options/output-options.ts'
import { integerWithin } from '../options/parse-number.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { PriceOptions } from './price-action.ts'

/** Adds `shardline price`. */
export function addPriceCommand(program: Command, context: CommandContext): void {
  const command = addMarketOption(
    program
      .command('price')
      .description('What models cost on a market now, and how their prices moved.')
      .argument('[model]', 'only this model (default: all)'),
  )
    .option('--history', 'with a model: its last prices and what moved them, with a plot')
    .option(
      '--limit <n>',
      'with --history: how many of them',
      integerWithin({ min: 1, max: PRICE_POINTS_MAX }),
      PRICE_POINTS_DEFAULT,
    )
  addJsonOption(command)
  addExamples(command, [
    ['All models', 'shardline price'],
    ['How one of them got there', 'shardline price smollm2-135m/q4 --history'],
    ['On another market, for a program', 'shardline price --market https://market.example --json'],
  ])
  command.action(async (model: string | undefined, options: PriceOptions) => {
    const { runPrice } = await import('./price-action.ts')
    await runPrice(model, options, context)
  })
}
