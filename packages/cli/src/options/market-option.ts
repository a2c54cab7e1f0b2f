import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'

/** Which market a command asks. */
export interface MarketOption {
  readonly market: string | undefined
}

/** The shape of an id; whether its checksum is right is found out when it is used. */
const PARTY_ID = /^#shard1[02-9ac-hj-np-z]{58}$/

/** Adds `--market`. */
export function addMarketOption(command: Command): Command {
  return command.option(
    '--market <address>',
    'http(s) address of a market, with # and its id where only that one will do (default: SHARDLINE_MARKET, or http://127.0.0.1:7300)',
    parseMarketAddress,
  )
}

/** Parses the address of a market; what follows its host is kept, for markets below a path. */
export function parseMarketAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  const isId = url?.hash === '' || PARTY_ID.test(url?.hash ?? '')
  if (!isWeb || !isId || url.search !== '' || url.username !== '') {
    throw new InvalidArgumentError(
      'Allowed is an http or https address, such as http://127.0.0.1:7300, with or without # and the id of the market.',
    )
  }
  return text.replace(/\/+(?=$|#)/, '')
}
