import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { parseMarketAddress } from './market-option.ts'
import { collectPartyId, parseNodeAddress } from './parse-address.ts'

/** Who answers: a driver, or those of a market. */
export interface SourceOptions {
  readonly invite: string | undefined
  /** Address of one driver; with a market ids of those that may answer. */
  readonly driver: readonly string[]
  readonly market: string | undefined
  /** Microcredits per 1,000,000 tokens. */
  readonly maxPrice: string | undefined
  /** Name of the user's key. */
  readonly key: string | undefined
}

const PRICE = /^\d{1,18}(?:\.\d{1,6})?$/

/** Adds `--invite`, `--driver`, `--market`, `--max-price` and `--key`. */
export function addSourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--invite <line>', 'the line that the driver printed (default: SHARDLINE_INVITE)').conflicts(
        ['driver', 'market', 'maxPrice'],
      ),
    )
    .addOption(
      new Option(
        '--driver <driver>',
        'ws://host:port#id of the driver, instead of an invite; with --market the id of one that may answer, which may be given several times',
      )
        .argParser(collectDriver)
        .default([], 'with --market the best'),
    )
    .addOption(
      new Option(
        '--market <address>',
        'http(s) address of a market whose drivers answer and are paid, with # and its id where only that one will do',
      ).argParser(parseMarketAddress),
    )
    .addOption(
      new Option(
        '--max-price <price>',
        'with --market: ask only up to this price, in microcredits per 1M tokens',
      ).argParser(parsePrice),
    )
    .option(
      '--key <name>',
      'name of your key (default: a new one for as long as it runs; with --market: default)',
    )
}

function collectDriver(text: string, before: readonly string[]): readonly string[] {
  const isId = text.trim().startsWith('shard1')
  return isId ? collectPartyId(text, before) : [...before, parseNodeAddress(text)]
}

function parsePrice(text: string): string {
  if (PRICE.test(text)) return text
  throw new InvalidArgumentError('Allowed is a decimal number of microcredits with up to 6 decimals.')
}
