import { parseDriverAddress } from '@shardline/client'
import type { Identity } from '@shardline/identity'
import type { RoleProcess } from '../cluster/role-process.ts'
import type { CommandContext } from '../commands/command-context.ts'
import { announceGateway } from './announce-gateway.ts'
import { startGateway } from './start-gateway.ts'
import type { RunningGateway } from './start-gateway.ts'

/** Options of {@link clusterGateway}. */
export interface ClusterGatewayInit {
  readonly driver: Pick<RoleProcess, 'dialAddress'>
  /** Who may sign the tokens. */
  readonly validator: Pick<RoleProcess, 'dialAddress'>
  /** In whose name is asked. */
  readonly identity: Identity
  readonly port: number
  readonly isQuiet: boolean
}

/**
 * Starts a gateway on loopback in front of the driver of a local cluster, and says where it is.
 *
 * @throws what startGateway throws.
 */
export async function clusterGateway(
  init: ClusterGatewayInit,
  context: CommandContext,
): Promise<RunningGateway> {
  const target = {
    ...parseDriverAddress(init.driver.dialAddress),
    validators: [parseDriverAddress(init.validator.dialAddress).driver],
  }
  const options = {
    host: '127.0.0.1',
    port: init.port,
    accessKeyFile: undefined,
    allowOrigin: [],
    allowHost: [],
    alias: [],
    set: [],
  }
  const gateway = await startGateway({ target, identity: init.identity, options }, context)
  announceGateway(gateway, options, { terminal: context.terminal, isQuiet: init.isQuiet })
  return gateway
}
