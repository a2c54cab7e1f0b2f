import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'

/** Which market a command asks. */
export interface MarketOption {
  readonly market: string | undefined
}

/** Adds `--market`. */
export function addMarketOption(command: Command): Command {
  return command.option(
    '--market <address>',
    'http(s) address of a market (default: SHARDLINE_MARKET, or http://127.0.0.1:7300)',
    parseMarketAddress,
  )
}

/** Parses the address of a market; what follows its host is kept, for markets below a path. */
export function parseMarketAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (!isWeb || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new InvalidArgumentError('Allowed is an http or https address, such as http://127.0.0.1:7300.')
  }
  return text.replace(/\/+$/, '')
}
