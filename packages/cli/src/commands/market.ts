import type { Command } from 'commander'
import { MARKET_PORT_DEFAULT } from '../limits.ts'
import { parseOffer } from '../market/offered-model.ts'
import type { OfferedModel } from '../market/offered-model.ts'
import { parseAssignment } from '../options/parse-assignment.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { integerWithin } from '../options/parse-number.ts'
import type { Assignment } from '../options/parse-assignment.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { MarketOptions } from './market-action.ts'

/** Adds `shardline market`. */
export function addMarketCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('market')
    .description('Serve a market: prices, requests with escrow, settlement. Runs until it is stopped (^C).')
    .option(
      '--database <location>',
      'postgres://user:password@host/database for any number of markets at once, the folder of an embedded one for this one alone, or memory: (default: SHARDLINE_DATABASE, or the folder database in the data folder)',
    )
    .option('--host <host>', 'where to listen; 0.0.0.0 is everywhere', '127.0.0.1')
    .option(
      '--port <n>',
      'port to listen on; 0 is a free one',
      integerWithin({ min: 0, max: 65_535 }),
      MARKET_PORT_DEFAULT,
    )
    .option('--key <name>', "name of the market's key; it is made if it isn't there", 'market')
    .option(
      '--operator <id>',
      'who may add models and deposit credits, beside the market itself',
      collectText,
    )
    .option(
      '--model <id=layers>',
      "add a model with its number of layers, such as storyteller/q4=8, if it isn't there; @100 behind it is its base price in microcredits per 1,000,000 tokens",
      (text, all: readonly OfferedModel[] | undefined) => collect(parseOffer(text), all),
    )
    .option('--settings <file>', 'JSON file with settings')
    .option(
      '--set <name=value>',
      'one setting; wins over the file',
      (text, all: readonly Assignment[] | undefined) => collect(parseAssignment(text), all),
    )
  addOutputOptions(command)
  addExamples(command, [
    ['On this machine, for oneself', 'shardline market --model storyteller/q4=8'],
    [
      'One of several, behind a load balancer',
      'shardline market --database postgres://market@db.internal/market --host 0.0.0.0 --settings market.json',
    ],
    ['For a test: nothing is kept', 'shardline market --database memory: --port 0 --set claimLeaseMs=5000'],
  ])
  command.action(async (options: MarketOptions) => {
    const { runMarket } = await import('./market-action.ts')
    await runMarket(options, context)
  })
}

function collect<T>(value: T, previous: readonly T[] | undefined): readonly T[] {
  return [...(previous ?? []), value]
}

function collectText(value: string, previous: readonly string[] | undefined): readonly string[] {
  return collect(value, previous)
}
