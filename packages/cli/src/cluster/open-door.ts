import { networkInterfaces } from 'node:os'
import { systemClock } from '@shardline/core'
import type { Log } from '@shardline/core'
import { EnlistDoor, SERVICE_LINK_LIMITS } from '@shardline/driver'
import type { EnlistDoorInit } from '@shardline/driver'
import type { PartyId } from '@shardline/identity'
import { formatNodeInvite, NODE_INVITE_ADDRESSES_MAX, signNodePass } from '@shardline/node'
import type { Transport } from '@shardline/wire'
import { isRelayAddress } from '@shardline/wire'
import type { CommandContext } from '../commands/command-context.ts'
import { openOrCreateIdentity } from '../keys/open-or-create-identity.ts'
import { DOOR_PORT_DEFAULT } from '../limits.ts'
import type { InviteNodesOptions } from '../options/invite-nodes-options.ts'
import { listenPlaces } from './listen-places.ts'
import { nodeName, SOFTWARE } from './node-name.ts'
import { openTransport } from './open-transport.ts'
import { linkSecurity } from './role-key.ts'

/** What a door is opened with. */
export interface OpenDoorInit {
  readonly options: InviteNodesOptions & {
    readonly key: string | undefined
    readonly relay: readonly string[]
  }
  readonly driver: PartyId
  /** Dials stages in the name of the driver. */
  readonly transport: Transport
  readonly model: EnlistDoorInit['model']
  readonly precision: EnlistDoorInit['precision']
  readonly log: Log
}

/** A door that is open, and the line that leads to it. */
export interface OpenDoor {
  readonly door: EnlistDoor
  readonly invite: string
}

const DAY_MS = 86_400_000
/** Hosts that say where to listen, and not where to dial. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '[::]'])

/**
 * Opens the place where nodes enlist with a driver. It has a key of its own, which is made on the first start and kept, so
 * that an invite stays good when the driver is started again, and a relay calls it beside the driver.
 *
 * @throws AddressUnusableError if it can't listen; what a KeyStore throws; NodeInviteInvalidError.
 */
export async function openDoor(init: OpenDoorInit, context: CommandContext): Promise<OpenDoor> {
  const { options, driver, transport, model, precision, log } = init
  const { relay, inviteNodes } = options
  const { identity } = await openOrCreateIdentity(`${options.key ?? 'driver'}-door`, context)
  const everywhere = { host: '0.0.0.0', port: DOOR_PORT_DEFAULT }
  const isRelayedOnly = inviteNodes === true && relay.length > 0
  const listen = inviteNodes === true || inviteNodes === undefined ? everywhere : inviteNodes
  const places = listenPlaces({
    listen: isRelayedOnly ? undefined : listen,
    relay,
    portDefault: DOOR_PORT_DEFAULT,
  })
  const doorTransport = openTransport(
    { clock: systemClock, log, random: context.random },
    {
      self: { node: nodeName('driver', context.random), role: 'driver', software: SOFTWARE },
      security: linkSecurity(identity, undefined),
      limits: SERVICE_LINK_LIMITS,
      relays: relay,
      isRelayedOnly: places.isRelayedOnly,
    },
  )
  const door = new EnlistDoor(
    { doorTransport, door: identity, transport, clock: systemClock, log },
    { listen: places.listen, driver, model, precision },
  )
  await door.start()
  const told = options.inviteNodesAt.length > 0 ? options.inviteNodesAt : reachable(doorTransport.addresses)
  const invite = formatNodeInvite({
    door: identity.id,
    addresses: told.map((address) => address.replace(/#.*$/, '')).slice(0, NODE_INVITE_ADDRESSES_MAX),
    pass: signNodePass(identity, context.clock.now() + options.inviteNodesDays * DAY_MS),
  })
  return { door, invite }
}

/** Where others may reach it: through relays if there are any, else at all addresses of this machine that it listens at. */
function reachable(listening: readonly string[]): readonly string[] {
  const relayed = listening.filter(isRelayAddress)
  if (relayed.length > 0) return relayed
  return listening.flatMap((address) => {
    const { hostname, port } = new URL(address)
    if (!EVERYWHERE.has(hostname)) return [address]
    return [...ownHosts(), '127.0.0.1'].map((host) => `ws://${host}:${port}`)
  })
}

function ownHosts(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  return all.flatMap(({ address, family, internal }) => (internal || family !== 'IPv4' ? [] : [address]))
}
