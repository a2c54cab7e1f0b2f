import { Option } from 'commander'
import type { Command } from 'commander'
import { DOOR_PORT_DEFAULT, NODE_INVITE_DAYS_DEFAULT, NODE_INVITE_DAYS_MAX } from '../limits.ts'
import { parseListen, parseNodeAddress } from './parse-address.ts'
import type { ListenAddress } from './parse-address.ts'
import { integerWithin } from './parse-number.ts'

/** How a driver lets nodes enlist. */
export interface InviteNodesOptions {
  /** Where they do; `true` is the default place. Undefined doesn't let them. */
  readonly inviteNodes: ListenAddress | true | undefined
  readonly inviteNodesAt: readonly string[]
  readonly inviteNodesDays: number
}

/** Adds `--invite-nodes` and what belongs to it. */
export function addInviteNodesOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--invite-nodes [address]',
        `print a line with which others lend their computers to this driver (shardline node --join LINE), and let them enlist on this host:port (default: 0.0.0.0:${DOOR_PORT_DEFAULT}, or only --relay)`,
      ).argParser(parseListen),
    )
    .addOption(
      new Option(
        '--invite-nodes-at <address>',
        'address under which nodes reach --invite-nodes, for that line; may be given several times',
      )
        .argParser((text: string, before: readonly string[]) => [...before, parseNodeAddress(text)])
        .default([], "its relays, else this machine's addresses"),
    )
    .addOption(
      new Option('--invite-nodes-days <n>', 'days for which that line lets nodes enlist')
        .argParser(integerWithin({ min: 1, max: NODE_INVITE_DAYS_MAX }))
        .default(NODE_INVITE_DAYS_DEFAULT),
    )
}
