import { Option } from 'commander'
import type { Command } from 'commander'
import { parseRelay } from './parse-address.ts'

/** Through which relays a process is reached. */
export interface RelayOption {
  /** `relay://host:port`, with `#id` where it is said who the relay has to be. */
  readonly relay: readonly string[]
}

/** Adds `--relay`. */
export function addRelayOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--relay <address>',
      'relay to be reached through, relay://host:port, with #id behind it to say who it has to be; may be given several times',
    )
      .argParser((text: string, before: readonly string[]) => [...before, parseRelay(text)])
      .default([], 'none'),
  )
}
