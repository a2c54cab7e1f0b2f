import type { LayerRange } from '@shardline/core'
import type { Precision } from '@shardline/model'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { OutputOptions } from './output-options.ts'
import type { ModelOptions } from './model-options.ts'
import { collectPartyId, parseListen } from './parse-address.ts'
import type { ListenAddress } from './parse-address.ts'

/** Options that workers and validators share. */
export interface RoleOptions extends Omit<ModelOptions, 'precision'>, Pick<OutputOptions, 'quiet'> {
  /** Undefined serves what a driver asks for. */
  readonly precision: Precision | undefined
  readonly listen: ListenAddress
  readonly name: string | undefined
  /** Ids of who may connect; none is everybody. */
  readonly allow: readonly string[]
}

/** Options of `shardline worker`. */
export interface WorkerOptions extends RoleOptions {
  readonly layers: LayerRange | undefined
}

/** Adds `--listen`, `--name` and `--allow`. */
export function addListenOptions(command: Command, portDefault: number): Command {
  return command
    .addOption(
      new Option('--listen <address>', 'host:port to listen on; a port alone is loopback, port 0 a free one')
        .argParser(parseListen)
        .default(parseListen(String(portDefault)), `127.0.0.1:${portDefault}`),
    )
    .option('--name <name>', 'name of this node in reports (default: the role and a random part)')
    .addOption(
      new Option(
        '--allow <id>',
        'a driver or stage that may connect, repeatable (default: whoever proves an id)',
      )
        .argParser(collectPartyId)
        .default([], 'everybody'),
    )
}
