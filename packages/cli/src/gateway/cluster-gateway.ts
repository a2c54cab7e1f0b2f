import { CleanupStack, createLog } from '@shardline/core'
import { connectDriver, parseDriverAddress } from '@shardline/client'
import type { Identity } from '@shardline/identity'
import type { RoleProcess } from '../cluster/role-process.ts'
import type { CommandContext } from '../commands/command-context.ts'
import { userTransport } from '../market/open-source.ts'
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
 * @throws what connectDriver and startGateway throw.
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
  const { clock, random, interrupt, config } = context
  const log = createLog({ level: config.logLevel, fields: { role: 'gateway' } })
  await using building = new CleanupStack()
  const transport = userTransport(init.identity, { log, context })
  const source = await connectDriver(
    { transport, clock, random, log },
    { ...target, signal: interrupt.signal },
  )
  building.add(async () => source[Symbol.asyncDispose]())
  const gateway = await startGateway({ source, options }, context)
  building.add(async () => gateway[Symbol.asyncDispose]())
  announceGateway(gateway, options, { terminal: context.terminal, isQuiet: init.isQuiet })
  const cleanup = building.release()
  return { ...gateway, [Symbol.asyncDispose]: () => cleanup.run() }
}
