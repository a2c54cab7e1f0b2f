import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { parseListen } from './parse-address.ts'
import type { ListenAddress } from './parse-address.ts'

/** Where a role shows what it does. */
export interface StatusOption {
  /** Undefined: nowhere. */
  readonly status: ListenAddress | undefined
}

/** Adds `--status`; `port` is where it is served if no address is given. */
export function addStatusOption(command: Command, port: number): Command {
  return command.addOption(
    new Option(
      '--status [address]',
      `show what it does on this host:port, for shardline status and Prometheus; a port alone is loopback, port 0 a free one (default: off, 127.0.0.1:${port} without an address)`,
    )
      .argParser(parseStatus)
      .preset(`127.0.0.1:${port}`),
  )
}

function parseStatus(text: string): ListenAddress {
  return parseListen(text.replace(/^http:\/\//, '').replace(/\/$/, ''))
}

/** Parses where a status is read: `http://host:port`, `host:port`, or a port alone for loopback. */
export function parseStatusAddress(text: string): string {
  const given = /^\d{1,5}$/.test(text) ? `127.0.0.1:${text}` : text
  const full = given.includes('://') ? given : `http://${given}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  const isPlain = url !== undefined && url.search === '' && url.hash === '' && url.username === ''
  if (!isPlain || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new InvalidArgumentError(
      `"${text}" is no address of a status; allowed is http://host:port, host:port, or a port alone for loopback.`,
    )
  }
  return full.replace(/\/+$/, '')
}

/** Adds one more address of a status to those before. */
export function collectStatusAddress(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), parseStatusAddress(text)]
}
