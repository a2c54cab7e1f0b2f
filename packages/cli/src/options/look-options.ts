import type { Command } from 'commander'
import { parseMarketAddress } from './market-option.ts'
import { collectStatusAddress } from './status-option.ts'

/** Adds the addresses that are looked at, and `--market`. */
export function addLookOptions(command: Command): Command {
  return command
    .argument(
      '[addresses...]',
      'where roles show what they do, as host:port, or a port alone for loopback (default: 127.0.0.1:7500, the driver of this computer)',
      collectStatusAddress,
    )
    .option(
      '--market <address>',
      'http(s) address of a market whose prices and queue are shown too (default: none)',
      parseMarketAddress,
    )
}
