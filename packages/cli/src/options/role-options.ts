import type { LayerRange } from '@shardline/core'
import type { Precision } from '@shardline/model'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { JoinOptions } from './join-options.ts'
import type { OutputOptions } from './output-options.ts'
import type { ModelOptions } from './model-options.ts'
import { collectPartyId, parseListen } from './parse-address.ts'
import type { ListenAddress } from './parse-address.ts'
import { addRelayOption } from './relay-option.ts'
import type { RelayOption } from './relay-option.ts'
import type { WeightsOptions } from './weights-options.ts'
import type { StatusOption } from './status-option.ts'

/** Options that workers and validators share. */
export interface RoleOptions
  extends
    WeightsOptions,
    Omit<ModelOptions, 'precision'>,
    Pick<OutputOptions, 'quiet'>,
    RelayOption,
    JoinOptions,
    StatusOption {
  /** Undefined serves what a driver asks for. */
  readonly precision: Precision | undefined
  /** Undefined listens at the relays alone. */
  readonly listen: ListenAddress | undefined
  readonly name: string | undefined
  /** Name of a key of this machine; undefined makes a new one. */
  readonly key: string | undefined
  /** Ids of who may connect; none is everybody. */
  readonly allow: readonly string[]
}

/** Options of `shardline worker`. */
export interface WorkerOptions extends RoleOptions {
  readonly layers: LayerRange | undefined
}

/** Adds `--key`: who this process is on its links. */
export function addKeyOption(command: Command): Command {
  return command.option('--key <name>', 'name of its key (default: a new one for as long as it runs)')
}

/** Adds `--listen`, `--relay`, `--name`, `--key` and `--allow`. */
export function addListenOptions(command: Command, portDefault: number): Command {
  command
    .addOption(
      new Option(
        '--listen <address>',
        `host:port to listen on; a port alone is loopback, port 0 a free one (default: 127.0.0.1:${portDefault}, or only --relay)`,
      ).argParser(parseListen),
    )
    .option('--name <name>', 'name of this node in reports (default: the role and a random part)')
  return addKeyOption(addRelayOption(command)).addOption(
    new Option('--allow <id>', 'a driver or stage that may connect; may be given several times')
      .argParser(collectPartyId)
      .default([], 'whoever proves an id'),
  )
}
