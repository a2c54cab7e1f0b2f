import { createLog, systemClock } from '@shardline/core'
import type { CommandContext } from '../commands/command-context.ts'
import { isLoopback } from '../options/parse-address.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import type { RoleStatusDocument } from './status-document.ts'
import { StatusAddressError } from './status-errors.ts'
import type { StatusServer } from './serve-status.ts'

/** What {@link openStatus} takes. */
export interface OpenStatusInit {
  /** Where it is served; undefined: nowhere. */
  readonly status: ListenAddress | undefined
  readonly isQuiet: boolean
  readonly roles: () => readonly RoleStatusDocument[]
}

/**
 * Serves the status of a process if that is wanted. Where another command started this one, a port that is taken is no
 * reason not to run: a free one is chosen, and nothing is printed.
 *
 * @throws StatusAddressError if it can't listen there.
 */
export async function openStatus(
  { status, isQuiet, roles }: OpenStatusInit,
  { config, terminal, supervised }: CommandContext,
): Promise<StatusServer | undefined> {
  if (status === undefined) return undefined
  const { serveStatus } = await import('./serve-status.ts')
  const log = createLog({ level: config.logLevel, fields: { role: 'status' } })
  const components = { clock: systemClock, log, roles }
  if (supervised !== undefined) {
    try {
      return await serveStatus(components, status)
    } catch (cause) {
      if (!(cause instanceof StatusAddressError)) throw cause
      return serveStatus(components, { ...status, port: 0 })
    }
  }
  if (!isLoopback(status.host)) {
    terminal.note(
      `warning: whoever reaches ${status.host}:${status.port} can read the status of this process\n`,
    )
  }
  const server = await serveStatus(components, status)
  if (!isQuiet) terminal.print(`status at ${server.address}\n`)
  return server
}
