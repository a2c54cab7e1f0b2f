import { CleanupStack, createLog, systemClock, systemRandom } from '@shardline/core'
import { readGatewayLimits, serveGateway } from '@shardline/client'
import type { AnswerSource, GatewayServer } from '@shardline/client'
import type { CommandContext } from '../commands/command-context.ts'
import { ACCESS_KEY_BYTES_MAX } from '../limits.ts'
import type { GatewayOptions } from '../options/gateway-options.ts'
import { readText } from '../prompt/read-text.ts'

/** What {@link startGateway} starts. */
export interface StartGatewayInit {
  /** Who answers. Stays the caller's. */
  readonly source: AnswerSource
  readonly options: GatewayOptions
}

/** A gateway that runs. */
export interface RunningGateway extends AsyncDisposable {
  readonly server: GatewayServer
  /** Models that can be asked now. */
  readonly models: readonly string[]
}

/**
 * Serves OpenAI's and Ollama's API in front of whoever answers.
 *
 * @throws InputUnreadableError for the key file; what asking for models and serveGateway throw.
 */
export async function startGateway(init: StartGatewayInit, context: CommandContext): Promise<RunningGateway> {
  const { options, source } = init
  const log = createLog({ level: context.config.logLevel, fields: { role: 'gateway' } })
  const accessKey = await readAccessKey(options, context)
  await using building = new CleanupStack()
  const server = await serveGateway(
    { clock: systemClock, random: systemRandom, log, source },
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
