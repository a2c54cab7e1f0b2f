import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { parseMarketAddress } from './market-option.ts'

/** Which market a node works for. */
export interface JoinOptions {
  /** Undefined is none. */
  readonly market: string | undefined
  readonly region: string | undefined
}

/** A country, optionally with a subdivision; as the market takes it. */
const REGION = /^[a-z]{2}(-[a-z0-9]{1,3})?$/

/** Adds `--market` and `--region` for nodes that are paid. */
export function addJoinOptions(command: Command): Command {
  return command
    .option(
      '--market <address>',
      'http(s) address of the market that it works for, with # and its id where only that one will do (default: none, it works for nothing)',
      parseMarketAddress,
    )
    .option('--region <region>', 'where it is, for the market: a country such as de, or us-ca', parseRegion)
}

function parseRegion(text: string): string {
  if (REGION.test(text)) return text
  throw new InvalidArgumentError('Allowed is a country such as de, or one with a part such as us-ca.')
}
