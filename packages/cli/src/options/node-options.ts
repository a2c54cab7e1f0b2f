import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { parseNodeHours } from '../node/node-hours.ts'
import type { NodeHours } from '../node/node-hours.ts'
import { NODE_MEMORY_BYTES_MIN, WORKER_STATUS_PORT_DEFAULT } from '../limits.ts'
import type { JoinOptions } from './join-options.ts'
import { addJoinOptions } from './join-options.ts'
import { addThreadOptions } from './model-options.ts'
import type { ModelOptions } from './model-options.ts'
import { addQuietOption } from './output-options.ts'
import type { OutputOptions } from './output-options.ts'
import { collectPartyId, parseListen } from './parse-address.ts'
import type { ListenAddress } from './parse-address.ts'
import { addRelayOption } from './relay-option.ts'
import { addWeightsOptions } from './weights-options.ts'
import type { WeightsOptions } from './weights-options.ts'
import type { RelayOption } from './relay-option.ts'
import { addStatusOption } from './status-option.ts'
import type { StatusOption } from './status-option.ts'

/** What a node may be. */
export type NodeRoleName = 'worker' | 'validator'

/** Options of `shardline node`. */
export type NodeOptions = RelayOption &
  WeightsOptions &
  StatusOption &
  JoinOptions &
  Pick<ModelOptions, 'threads' | 'spin'> &
  Pick<OutputOptions, 'quiet'> & {
    readonly roles: readonly NodeRoleName[]
    readonly listen: ListenAddress | undefined
    readonly name: string | undefined
    readonly key: string
    readonly validatorKey: string
    readonly allow: readonly string[]
    /** None is every model. */
    readonly model: readonly string[]
    /** Bytes. */
    readonly memory: number | undefined
    readonly hours: NodeHours | undefined
    /** Microcredits per 1,000,000 tokens of a whole model. */
    readonly priceFloor: bigint | undefined
    /** The invite of a driver, as it was given. */
    readonly join: string | undefined
  }

const UNITS: Readonly<Record<string, number>> = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** Adds the options of `shardline node`. */
export function addNodeOptions(command: Command): Command {
  command
    .option(
      '--join <line>',
      'enlist with the driver that printed this line (shardline driver --invite-nodes): it plans over this node, or lets it stand by',
    )
    .addOption(
      new Option('--roles <roles>', 'what it may be, separated by commas: worker, validator')
        .argParser(parseRoles)
        .default(['worker'], 'worker'),
    )
    .addOption(
      new Option(
        '--listen <address>',
        'host:port to listen on; a port alone is loopback; a second role takes the next port (default: only --relay; with --join, its relay or else 0.0.0.0:7101; else 127.0.0.1:7101)',
      ).argParser(parseListen),
    )
  addRelayOption(command)
    .option('--name <name>', 'name of this node in reports (default: the role and a random part)')
    .option('--key <name>', "name of its key, to which it earns; it is made if it isn't there", 'node')
    .option(
      '--validator-key <name>',
      'the same for the validator, where it is both: nobody may be two stages of one pipeline',
      'node-validator',
    )
    .addOption(
      new Option('--allow <id>', 'a driver or stage that may connect; may be given several times')
        .argParser(collectPartyId)
        .default([], 'whoever proves an id'),
    )
    .addOption(
      new Option('-m, --model <reference>', 'a model that it serves; may be given several times')
        .argParser((text: string, before: readonly string[]) => [...before, text])
        .default([], 'what drivers ask for'),
    )
    .option(
      '--memory <size>',
      'memory that plans may fill, such as 4G or 512M: drivers are told no more than is left of it (default: what is free)',
      parseSize,
    )
    .option(
      '--hours <from-to>',
      "hours of the day in which it works, by this computer's clock, such as 22-7 or 22:30-7:15; outside of them it is listed, enlisted and reached nowhere (default: always)",
      parseHours,
    )
  command.option(
    '--price-floor <price>',
    'with --market: take part in new pipelines only at this price of a model or above, in microcredits per 1M tokens, as `shardline price` shows it (default: any)',
    parsePriceFloor,
  )
  addWeightsOptions(addThreadOptions(command))
  addStatusOption(addJoinOptions(command), WORKER_STATUS_PORT_DEFAULT)
  return addQuietOption(command)
}

function parseRoles(text: string): readonly NodeRoleName[] {
  const roles = [...new Set(text.split(',').map((role) => role.trim()))]
  if (roles.every((role): role is NodeRoleName => role === 'worker' || role === 'validator')) return roles
  throw new InvalidArgumentError('Allowed is worker, validator, or both with a comma between.')
}

function parseHours(text: string): NodeHours {
  const hours = parseNodeHours(text)
  if (hours !== undefined) return hours
  throw new InvalidArgumentError('Allowed is from-to in hours of the day, such as 22-7 or 22:30-7:15.')
}

/** Parses a price floor in whole microcredits per 1,000,000 tokens. */
export function parsePriceFloor(text: string): bigint {
  if (/^\d{1,18}$/.test(text.trim())) return BigInt(text.trim())
  throw new InvalidArgumentError('Allowed is a whole number of microcredits per 1M tokens, such as 120.')
}

/** Parses a size in bytes: a number and M, G or T, of 1024 each. */
export function parseSize(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)([MGT])(?:i?B)?$/i.exec(text.trim()) ?? []
  const bytes = Math.floor(Number(number) * (UNITS[unit.toUpperCase()] ?? 0))
  if (bytes >= NODE_MEMORY_BYTES_MIN) return bytes
  throw new InvalidArgumentError('Allowed is a number and M, G or T, such as 4G or 512M, from 64M.')
}
