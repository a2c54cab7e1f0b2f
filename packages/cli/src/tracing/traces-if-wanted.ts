import { createLog, systemClock } from '@shardline/core'
import type { CommandContext } from '../commands/command-context.ts'
import type { Tracing } from './open-tracing.ts'

/** Traces of a driver, if the environment names a collector; else nothing is loaded for them. */
export async function tracesIfWanted(
  party: string,
  { config }: Pick<CommandContext, 'config'>,
): Promise<Tracing | undefined> {
  const { traceEndpoint: endpoint } = config
  if (endpoint === undefined) return undefined
  const { openTracing } = await import('./open-tracing.ts')
  const log = createLog({ level: config.logLevel, fields: { role: 'driver' } })
  return openTracing({ clock: systemClock, log, endpoint, party })
}
