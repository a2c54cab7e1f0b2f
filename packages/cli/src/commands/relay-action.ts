import { createLog } from '@shardline/core'
import { Relay } from '@shardline/wire'
import { linkSecurity } from '../cluster/role-key.ts'
import { nodeName, SOFTWARE } from '../cluster/node-name.ts'
import { openOrCreateIdentity } from '../keys/open-or-create-identity.ts'
import { RELAY_REPORT_MS } from '../limits.ts'
import { formatListen } from '../options/parse-address.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { Assignment } from '../options/parse-assignment.ts'
import { describeRelay, relayToJson } from '../relay/describe-relay.ts'
import { readRelayLimits } from '../relay/relay-settings.ts'
import type { StatusOption } from '../options/status-option.ts'
import { openStatus } from '../status/open-status.ts'
import { relayStatus } from '../status/relay-status.ts'
import type { RelayStatus } from '../status/status-document.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline relay`. */
export type RelayCommandOptions = OutputOptions &
  StatusOption & {
    readonly listen: ListenAddress
    readonly key: string
    readonly allow: readonly string[]
    readonly set: readonly Assignment[] | undefined
  }

/**
 * Passes links on to nodes that nobody can connect to, until it is stopped.
 *
 * @throws OptionInvalidError, InvalidValueError for a limit; what a KeyStore throws; AddressUnusableError.
 */
export async function runRelay(options: RelayCommandOptions, context: CommandContext): Promise<void> {
  const { config, clock, random, terminal, supervised } = context
  const limits = readRelayLimits(options.set ?? [])
  const { identity } = await openOrCreateIdentity(options.key, context)
  const log = createLog({ level: config.logLevel, fields: { role: 'relay' } })
  const relay = new Relay(
    { clock, log, random },
    {
      listen: formatListen(options.listen),
      node: nodeName('relay', random),
      software: SOFTWARE,
      security: linkSecurity(identity, options.allow.length === 0 ? undefined : options.allow),
      limits,
    },
  )
  await relay.start()
  try {
    const address = relay.address ?? ''
    terminal.print(
      options.json === true
        ? `${JSON.stringify({ address, id: identity.id })}\n`
        : `listening on ${address}#${identity.id}\n`,
    )
    const { status } = options
    const isQuiet = options.quiet === true || options.json === true
    const roles = (): readonly RelayStatus[] => [relayStatus(identity.id, address, relay.counters)]
    await using _status = await openStatus({ status, isQuiet, roles }, context)
    await supervised?.ready(address)
    await reportUntilStopped(relay, options, context)
  } finally {
    await relay.stop()
    if (options.json === true) terminal.print(`${JSON.stringify(relayToJson(relay.counters))}\n`)
  }
}

/** Says from time to time what the relay does, if that is something new. */
async function reportUntilStopped(
  relay: Relay,
  { quiet, json }: OutputOptions,
  { clock, terminal, interrupt }: CommandContext,
): Promise<void> {
  let last = describeRelay(relay.counters)
  while (!interrupt.signal.aborted) {
    await clock.sleep(RELAY_REPORT_MS, { signal: interrupt.signal }).catch(() => undefined)
    const now = describeRelay(relay.counters)
    if (now !== last && quiet !== true && json !== true) terminal.note(`${now}\n`)
    last = now
  }
}
