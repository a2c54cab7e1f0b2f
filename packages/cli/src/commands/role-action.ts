import { createLog, systemClock } from '@shardline/core'
import type { Service } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import { formatPeerAddress } from '@shardline/node'
import { listenPlaces } from '../cluster/listen-places.ts'
import type { ListenPlaces } from '../cluster/listen-places.ts'
import { nodeName, SOFTWARE } from '../cluster/node-name.ts'
import { openTransport } from '../cluster/open-transport.ts'
import type { RoutedTransport } from '../cluster/routed-transport.ts'
import { linkSecurity } from '../cluster/role-key.ts'
import { serveValidator, serveWorker } from '../cluster/serve-role.ts'
import type { ServeInit } from '../cluster/serve-role.ts'
import { VALIDATOR_PORT_DEFAULT, WORKER_PORT_DEFAULT } from '../limits.ts'
import type { MarketPresence } from '../market/market-presence.ts'
import type { RoleOptions, WorkerOptions } from '../options/role-options.ts'
import type { CommandContext } from './command-context.ts'
import { ownIdentity } from './own-identity.ts'
import { untilAborted } from './until-aborted.ts'

/** Serves layers until it is stopped. */
export async function runWorker(options: WorkerOptions, context: CommandContext): Promise<void> {
  const own = await ownRole(options, context, WORKER_PORT_DEFAULT)
  const init = serveInit('worker', own, context)
  const role = 'worker'
  await serve(serveWorker({ ...init, layers: options.layers }), { ...own, ...init, role }, context)
}

/** Serves the head until it is stopped. */
export async function runValidator(options: RoleOptions, context: CommandContext): Promise<void> {
  const own = await ownRole(options, context, VALIDATOR_PORT_DEFAULT)
  const init = serveInit('validator', own, context)
  await serve(serveValidator(init), { ...own, ...init, role: 'validator' }, context)
}

/** What a role was told, and who it is. */
interface OwnRole {
  readonly options: RoleOptions
  readonly identity: Identity
  /** Ids of who may connect; undefined is everybody. */
  readonly allow: readonly string[] | undefined
  readonly places: ListenPlaces
}

async function ownRole(options: RoleOptions, context: CommandContext, portDefault: number): Promise<OwnRole> {
  const { identity, allow } = await ownIdentity(options, context)
  const all = [...(allow ?? []), ...options.allow]
  return {
    options,
    identity,
    allow: all.length === 0 && allow === undefined ? undefined : all,
    places: listenPlaces({ ...options, portDefault }),
  }
}

function serveInit(
  role: 'worker' | 'validator',
  own: OwnRole,
  context: CommandContext,
): ServeInit & { readonly transport: RoutedTransport } {
  const { config, random } = context
  const { options, identity, allow, places } = own
  const node = options.name ?? nodeName(role, random)
  const log = createLog({ level: config.logLevel, fields: { role, node } })
  const self = { node, role, software: SOFTWARE }
  return {
    node,
    transport: openTransport(
      { clock: systemClock, log, random },
      {
        self,
        security: linkSecurity(identity, allow),
        relays: options.relay,
        isRelayedOnly: places.isRelayedOnly,
      },
    ),
    listen: places.listen,
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

/** Puts the node on the market that it was told to work for. */
async function join(
  address: string | undefined,
  { options, identity, role }: OwnRole & { readonly role: 'worker' | 'validator' },
  context: CommandContext,
): Promise<MarketPresence | undefined> {
  if (options.market === undefined) return undefined
  const { joinMarket, openWorkSource } = await import('../market/join-market.ts')
  const log = createLog({ level: context.config.logLevel, fields: { role } })
  const market = openWorkSource(options.market, identity, context)
  return joinMarket({ market, role, address, options, log }, context)
}

interface AddressedService extends Service {
  readonly address: string | undefined
}

async function serve(
  service: AddressedService,
  own: OwnRole & { readonly transport: RoutedTransport; readonly role: 'worker' | 'validator' },
  context: CommandContext,
): Promise<void> {
  const { terminal, interrupt, supervised } = context
  const { options, identity, allow, places, transport } = own
  if (places.isReachable && allow === undefined) {
    terminal.note(
      `warning: ${places.listen} can be reached from other computers, and whoever reaches it may use it; --allow <id> says who may\n`,
    )
  }
  await service.start()
  try {
    await using _presence = await join(service.address, own, context)
    for (const address of options.quiet === true ? [] : transport.addresses)
      terminal.print(`listening on ${formatPeerAddress(address, identity.publicKey)}\n`)
    await supervised?.ready(service.address ?? places.listen)
    await untilAborted(interrupt.signal)
  } finally {
    await service.stop()
  }
}
