import { Option } from 'commander'
import type { Command } from 'commander'
import { GATEWAY_PORT_DEFAULT } from '../limits.ts'
import { collectOrigin } from './collect-origin.ts'
import { parseAssignment } from './parse-assignment.ts'
import type { Assignment } from './parse-assignment.ts'
import { integerWithin } from './parse-number.ts'

const PORTS = { min: 0, max: 65_535 } as const

/** Where a gateway listens, and for whom. */
export interface GatewayOptions {
  readonly host: string
  readonly port: number
  readonly accessKeyFile: string | undefined
  readonly allowOrigin: readonly string[]
  readonly allowHost: readonly string[]
  readonly alias: readonly Assignment[]
  readonly set: readonly Assignment[]
}

/** Parses the port of a gateway; 0 is a free one. */
export const parseGatewayPort: (text: string) => number = integerWithin(PORTS)

/** Adds `--host`, `--port`, `--access-key-file`, `--allow-origin`, `--allow-host`, `--alias` and `--set`. */
export function addGatewayOptions(command: Command): Command {
  return command
    .option(
      '--host <host>',
      'where to listen; anywhere else than on loopback an access key is required',
      '127.0.0.1',
    )
    .option('--port <n>', 'port to listen on; 0 is a free one', parseGatewayPort, GATEWAY_PORT_DEFAULT)
    .option('--access-key-file <file>', 'file with the key that programs have to give; - is standard input')
    .addOption(
      new Option(
        '--allow-origin <origin>',
        'a web page that may use it, such as https://chat.example; may be given several times',
      )
        .argParser(collectOrigin)
        .default([], 'no page'),
    )
    .addOption(
      new Option('--allow-host <name>', 'a host name by which programs reach it; may be given several times')
        .argParser((name: string, before: readonly string[]) => [...before, name])
        .default([], 'localhost and IP addresses'),
    )
    .addOption(
      new Option(
        '--alias <name=model>',
        'a further name of a model, such as gpt-4o=storyteller; may be given several times',
      )
        .argParser(collectAssignment)
        .default([], 'none'),
    )
    .addOption(
      new Option('--set <name=value>', 'one limit, such as requestsMax=64; may be given several times')
        .argParser(collectAssignment)
        .default([], 'none'),
    )
}

function collectAssignment(text: string, before: readonly Assignment[]): readonly Assignment[] {
  return [...before, parseAssignment(text)]
}
