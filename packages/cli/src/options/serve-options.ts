import { Option } from 'commander'
import type { Command } from 'commander'
import { SERVICE_PORT_DEFAULT } from '../limits.ts'
import { collectOrigin } from './collect-origin.ts'
import { collectPartyId, parseListen, parseNodeAddress } from './parse-address.ts'
import type { ListenAddress } from './parse-address.ts'
import { addRelayOption } from './relay-option.ts'
import type { RelayOption } from './relay-option.ts'

/** How a driver serves the asks of others. */
export interface ServeOptions extends RelayOption {
  /** Undefined doesn't. */
  readonly serve: ListenAddress | undefined
  readonly serveAs: string | undefined
  readonly advertise: readonly string[]
  readonly allow: readonly string[]
  readonly allowOrigin: readonly string[]
}

/** Adds `--serve` and what belongs to it; `others` are options that make no sense beside it. */
export function addServeOptions(command: Command, others: readonly string[]): Command {
  return addRelayOption(command)
    .addOption(
      new Option(
        '--serve [address]',
        'answer the sealed asks of others on this host:port until it is stopped, instead of a chat',
      )
        .argParser(parseServe)
        .preset(`127.0.0.1:${SERVICE_PORT_DEFAULT}`)
        .conflicts([...others]),
    )
    .option('--serve-as <name>', "name of the model that users ask for (default: the reference's last part)")
    .addOption(
      new Option(
        '--advertise <address>',
        'address under which others reach --serve, for the invite; may be given several times',
      )
        .argParser((text: string, before: readonly string[]) => [...before, parseNodeAddress(text)])
        .default([], 'its relays, else where it listens'),
    )
    .addOption(
      new Option('--allow <id>', 'a user that may ask; may be given several times')
        .argParser(collectPartyId)
        .default([], 'everybody who reaches it'),
    )
    .addOption(
      new Option(
        '--allow-origin <origin>',
        'a web page that may connect, such as https://chat.example; may be given several times',
      )
        .argParser(collectOrigin)
        .default([], 'no page'),
    )
}

function parseServe(text: string): ListenAddress {
  return parseListen(text.replace(/^ws:\/\//, '').replace(/\/$/, ''))
}

/** The options written as a command line again, so that another process takes them as its own. */
export function serveArguments(options: ServeOptions): readonly string[] {
  const { serve, serveAs, advertise, relay, allow, allowOrigin } = options
  if (serve === undefined) return []
  const host = serve.host.includes(':') ? `[${serve.host}]` : serve.host
  return [
    `--serve=${host}:${serve.port}`,
    ...(serveAs === undefined ? [] : [`--serve-as=${serveAs}`]),
    ...advertise.map((address) => `--advertise=${address}`),
    ...relay.map((address) => `--relay=${address}`),
    ...allow.map((id) => `--allow=${id}`),
    ...allowOrigin.map((origin) => `--allow-origin=${origin}`),
  ]
}
