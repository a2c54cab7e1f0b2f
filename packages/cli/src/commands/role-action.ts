import { createLog, systemClock } from '@shardline/core'
import type { Service } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import { formatPeerAddress } from '@shardline/node'
import { WebSocketTransport } from '@shardline/wire'
import { nodeName, SOFTWARE } from '../cluster/node-name.ts'
import { linkSecurity } from '../cluster/role-key.ts'
import { serveValidator, serveWorker } from '../cluster/serve-role.ts'
import type { ServeInit } from '../cluster/serve-role.ts'
import { formatListen, isLoopback } from '../options/parse-address.ts'
import type { RoleOptions, WorkerOptions } from '../options/role-options.ts'
import type { CommandContext } from './command-context.ts'
import { ownIdentity } from './own-identity.ts'
import { untilAborted } from './until-aborted.ts'

/** Serves layers until it is stopped. */
export async function runWorker(options: WorkerOptions, context: CommandContext): Promise<void> {
  const own = await ownRole(options, context)
  const init = serveInit('worker', own, context)
  await serve(serveWorker({ ...init, layers: options.layers }), own, context)
}

/** Serves the head until it is stopped. */
export async function runValidator(options: RoleOptions, context: CommandContext): Promise<void> {
  const own = await ownRole(options, context)
  await serve(serveValidator(serveInit('validator', own, context)), own, context)
}

/** What a role was told, and who it is. */
interface OwnRole {
  readonly options: RoleOptions
  readonly identity: Identity
  /** Ids of who may connect; undefined is everybody. */
  readonly allow: readonly string[] | undefined
}

async function ownRole(options: RoleOptions, context: CommandContext): Promise<OwnRole> {
  const { identity, allow } = await ownIdentity(options, context)
  const all = [...(allow ?? []), ...options.allow]
  return { options, identity, allow: all.length === 0 && allow === undefined ? undefined : all }
}

function serveInit(role: 'worker' | 'validator', own: OwnRole, context: CommandContext): ServeInit {
  const { config, random } = context
  const { options, identity, allow } = own
  const node = options.name ?? nodeName(role, random)
  const log = createLog({ level: config.logLevel, fields: { role, node } })
  const self = { node, role, software: SOFTWARE }
  return {
    node,
    transport: new WebSocketTransport(
      { clock: systemClock, log },
      { self, security: linkSecurity(identity, allow) },
    ),
    listen: formatListen(options.listen),
    model: options.model,
    precision: options.precision,
    threads: options.threads,
    isSpinning: options.spin,
    cacheFolder: config.cacheFolder,
    hub: config.hub,
    log,
    identity,
  }
}

interface AddressedService extends Service {
  readonly address: string | undefined
}

async function serve(service: AddressedService, own: OwnRole, context: CommandContext): Promise<void> {
  const { terminal, interrupt, supervised } = context
  const { options, identity, allow } = own
  if (!isLoopback(options.listen.host) && allow === undefined) {
    terminal.note(
      `warning: ${formatListen(options.listen)} can be reached from other computers, and whoever reaches it may use it; --allow <id> says who may\n`,
    )
  }
  await service.start()
  try {
    const address = service.address ?? formatListen(options.listen)
    if (options.quiet !== true)
      terminal.print(`listening on ${formatPeerAddress(address, identity.publicKey)}\n`)
    await supervised?.ready(address)
    await untilAborted(interrupt.signal)
  } finally {
    await service.stop()
  }
}
