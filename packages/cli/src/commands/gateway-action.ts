import { parseDriverAddress, parseInvite } from '@shardline/client'
import type { DriverTarget } from '@shardline/client'
import { UsageError } from '../errors.ts'
import { announceGateway } from '../gateway/announce-gateway.ts'
import { startGateway } from '../gateway/start-gateway.ts'
import type { GatewayOptions } from '../options/gateway-options.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { isLoopback } from '../options/parse-address.ts'
import type { CommandContext } from './command-context.ts'
import { ownIdentity } from './own-identity.ts'
import { untilAborted } from './until-aborted.ts'

/** Options of `shardline gateway`. */
export type GatewayCommandOptions = GatewayOptions &
  OutputOptions & {
    readonly invite: string | undefined
    readonly driver: string | undefined
    readonly key: string | undefined
  }

/**
 * Serves a gateway until it is stopped.
 *
 * @throws UsageError if nobody is named to answer; what startGateway throws.
 */
export async function runGateway(options: GatewayCommandOptions, context: CommandContext): Promise<void> {
  const { terminal, config, interrupt } = context
  const target = targetOf(options, config.invite)
  if (!isLoopback(options.host)) {
    terminal.note(
      `warning: ${options.host} can be reached from other computers, and what programs send there is not encrypted: put a proxy with TLS in front\n`,
    )
  }
  const { identity } = await ownIdentity(options, context)
  await using gateway = await startGateway({ target, identity, options }, context)
  if (options.json === true) {
    const { server, models } = gateway
    terminal.print(
      `${JSON.stringify({ address: server.address, base_url: `${server.address}/v1`, models })}\n`,
    )
  } else {
    announceGateway(gateway, options, { terminal, isQuiet: options.quiet === true })
  }
  await untilAborted(interrupt.signal)
}

function targetOf(options: GatewayCommandOptions, fromEnvironment: string | undefined): DriverTarget {
  if (options.driver !== undefined) return parseDriverAddress(options.driver)
  const invite = options.invite ?? fromEnvironment
  if (invite === undefined) throw new UsageError('who answers is not said: give --invite or --driver')
  return parseInvite(invite)
}
