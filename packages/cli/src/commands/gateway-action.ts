import { announceGateway } from '../gateway/announce-gateway.ts'
import { startGateway } from '../gateway/start-gateway.ts'
import { openSource } from '../market/open-source.ts'
import type { GatewayOptions } from '../options/gateway-options.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { isLoopback } from '../options/parse-address.ts'
import type { SourceOptions } from '../options/source-options.ts'
import type { CommandContext } from './command-context.ts'
import { untilAborted } from './until-aborted.ts'

/** Options of `shardline gateway`. */
export type GatewayCommandOptions = GatewayOptions & OutputOptions & SourceOptions

/**
 * Serves a gateway until it is stopped.
 *
 * @throws UsageError if nobody is named to answer; what startGateway throws.
 */
export async function runGateway(options: GatewayCommandOptions, context: CommandContext): Promise<void> {
  const { terminal, interrupt } = context
  if (!isLoopback(options.host)) {
    terminal.note(
      `warning: ${options.host} can be reached from other computers, and what programs send there is not encrypted: put a proxy with TLS in front\n`,
    )
  }
  await using source = await openSource({ ...options, role: 'gateway' }, context)
  await using gateway = await startGateway({ source, options }, context)
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
