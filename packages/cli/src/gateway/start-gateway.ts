import { CleanupStack, createLog, systemClock, systemRandom } from '@shardline/core'
import { connectDriver, readGatewayLimits, serveGateway } from '@shardline/client'
import type { DriverTarget, GatewayServer } from '@shardline/client'
import type { Identity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import { nodeName, SOFTWARE } from '../cluster/node-name.ts'
import { linkSecurity } from '../cluster/role-key.ts'
import type { CommandContext } from '../commands/command-context.ts'
import { ACCESS_KEY_BYTES_MAX } from '../limits.ts'
import type { GatewayOptions } from '../options/gateway-options.ts'
import { readText } from '../prompt/read-text.ts'

/** What {@link startGateway} starts. */
export interface StartGatewayInit {
  /** Who answers. */
  readonly target: DriverTarget
  /** In whose name is asked. */
  readonly identity: Identity
  readonly options: GatewayOptions
}

/** A gateway with its link to the driver; both end together. */
export interface RunningGateway extends AsyncDisposable {
  readonly server: GatewayServer
  /** Models that can be asked now. */
  readonly models: readonly string[]
}

/**
 * Connects to a driver, and serves OpenAI's and Ollama's API in front of it.
 *
 * @throws InputUnreadableError for the key file; what connectDriver and serveGateway throw.
 */
export async function startGateway(init: StartGatewayInit, context: CommandContext): Promise<RunningGateway> {
  const { options, identity, target } = init
  const log = createLog({ level: context.config.logLevel, fields: { role: 'gateway' } })
  const accessKey = await readAccessKey(options, context)
  const self = { node: nodeName('client', systemRandom), role: 'client', software: SOFTWARE } as const
  const transport = new WebSocketTransport(
    { clock: systemClock, log },
    { self, security: linkSecurity(identity, undefined) },
  )
  const components = { clock: systemClock, random: systemRandom, log }
  await using building = new CleanupStack()
  const source = await connectDriver(
    { ...components, transport },
    { ...target, signal: context.interrupt.signal },
  )
  building.add(async () => source[Symbol.asyncDispose]())
  const server = await serveGateway(
    { ...components, source },
    {
      ...readGatewayLimits(options.set),
      host: options.host,
      port: options.port,
      accessKey,
      allowedOrigins: options.allowOrigin,
      allowedHosts: options.allowHost,
      modelAliases: Object.fromEntries(options.alias),
    },
  )
  building.add(() => server.close())
  const models = (await source.models()).map(({ model }) => model)
  const cleanup = building.release()
  return { server, models, [Symbol.asyncDispose]: () => cleanup.run() }
}

async function readAccessKey(
  { accessKeyFile }: GatewayOptions,
  { terminal }: CommandContext,
): Promise<string | undefined> {
  if (accessKeyFile === undefined) return undefined
  return (await readText(accessKeyFile, terminal, ACCESS_KEY_BYTES_MAX)).trim()
}
