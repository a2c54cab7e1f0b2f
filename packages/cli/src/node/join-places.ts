import type { NodeInvite } from '@shardline/node'
import { parseRelayAddress } from '@shardline/wire'
import { WORKER_PORT_DEFAULT } from '../limits.ts'
import type { NodeOptions } from '../options/node-options.ts'
import { isLoopback } from '../options/parse-address.ts'

/** Where a node listens. */
export type JoinPlaces = Pick<NodeOptions, 'listen' | 'relay'>

/**
 * Where a node listens that was invited by a driver: where it was told to; else through the relays that lead to the driver,
 * which reach any computer; else at every address of its machine, or only at loopback if the driver is on it.
 */
export function joinPlaces({ listen, relay }: JoinPlaces, invite: NodeInvite | undefined): JoinPlaces {
  if (invite === undefined || listen !== undefined || relay.length > 0) return { listen, relay }
  const relays = invite.addresses.flatMap((address) => parseRelayAddress(address)?.relay ?? [])
  if (relays.length > 0) return { listen, relay: [...new Set(relays)] }
  const isHere = invite.addresses.every((address) => isLoopback(new URL(address).hostname))
  return { listen: { host: isHere ? '127.0.0.1' : '0.0.0.0', port: WORKER_PORT_DEFAULT }, relay }
}
