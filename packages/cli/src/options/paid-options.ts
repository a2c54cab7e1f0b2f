import type { Command } from 'commander'
import { addJoinOptions } from './join-options.ts'
import type { JoinOptions } from './join-options.ts'

/** How a driver that serves is paid. */
export interface PaidOptions extends JoinOptions {
  /** The market's id of the model; undefined is the name that it is served as. */
  readonly marketModel: string | undefined
  /** Whether asks that nobody pays for are answered beside those of the market. */
  readonly alsoUnpaid: boolean | undefined
}

/** Adds `--market` and what belongs to it, for a driver with `--serve`. */
export function addPaidOptions(command: Command): Command {
  return addJoinOptions(command)
    .option('--market-model <id>', "the market's id of the model (default: the name that it is served as)")
    .option('--also-unpaid', 'with --market: answer asks that nobody pays for, too')
}
