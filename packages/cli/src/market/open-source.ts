import { createLog } from '@shardline/core'
import type { Log } from '@shardline/core'
import { connectDriver, connectMarketSource, parseDriverAddress, parseInvite } from '@shardline/client'
import type { AnswerSource, DriverTarget } from '@shardline/client'
import { partyId } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { Transport } from '@shardline/wire'
import { defined } from '../cluster/defined.ts'
import { nodeName, SOFTWARE } from '../cluster/node-name.ts'
import { openTransport } from '../cluster/open-transport.ts'
import { linkSecurity } from '../cluster/role-key.ts'
import type { CommandContext } from '../commands/command-context.ts'
import { ownIdentity } from '../commands/own-identity.ts'
import { UsageError } from '../errors.ts'
import { openUser } from '../keys/open-user.ts'
import type { User } from '../keys/open-user.ts'
import type { SourceOptions } from '../options/source-options.ts'

/** Key of a user that is named no other. */
const KEY_DEFAULT = 'default'

/** Whom a command asks, and in whose name. */
export type OpenSourceInit = SourceOptions & {
  /** For the log. */
  readonly role: 'client' | 'gateway'
}

/**
 * Connects to whoever answers: the driver of an invite or an address, or the drivers of a market.
 *
 * @throws UsageError if nobody is named; what opening keys, connectDriver and connectMarketSource throw.
 */
export async function openSource(init: OpenSourceInit, context: CommandContext): Promise<AnswerSource> {
  const { config, interrupt } = context
  const log = createLog({ level: config.logLevel, fields: { role: init.role } })
  if (init.market !== undefined)
    return openMarketSource(init, { user: await userOf(init, context), log, context })
  const target = targetOf(init, config.invite)
  const { identity } = await ownIdentity(init, context)
  const { clock, random } = context
  const transport = userTransport(identity, { log, context })
  return connectDriver({ transport, clock, random, log }, { ...target, signal: interrupt.signal })
}

/** What {@link openMarketSource} works with. */
export interface OpenMarketSourceInit {
  /** Who pays. */
  readonly user: User
  readonly log: Log
  readonly context: CommandContext
}

/** Connects to the drivers of a market. @throws what connectMarketSource throws. */
export function openMarketSource(
  { market = '', driver, maxPrice }: Pick<SourceOptions, 'market' | 'driver' | 'maxPrice'>,
  { user, log, context }: OpenMarketSourceInit,
): ReturnType<typeof connectMarketSource> {
  const { clock, random, interrupt } = context
  const [url = '', id] = market.split('#')
  const drivers = driver.map((one) => {
    if (one.startsWith('shard1')) return partyId(one)
    throw new UsageError(`--market chooses among ids of drivers; ${one} is an address`)
  })
  return connectMarketSource(
    { transport: userTransport(user.identity, { log, context }), clock, random, log },
    {
      url,
      marketId: id === undefined ? undefined : partyId(id),
      ...user,
      ...defined({ maxPrice, filters: drivers.length === 0 ? undefined : { drivers } }),
      signal: interrupt.signal,
    },
  )
}

function userOf({ key = KEY_DEFAULT }: SourceOptions, context: CommandContext): Promise<User> {
  return openUser(key, context)
}

/** Reaches drivers in the name of a user. */
export function userTransport(
  identity: Identity,
  { log, context }: { readonly log: Log; readonly context: CommandContext },
): Transport {
  const { clock, random } = context
  const self = { node: nodeName('client', random), role: 'client', software: SOFTWARE } as const
  return openTransport({ clock, log, random }, { self, security: linkSecurity(identity, undefined) })
}

function targetOf(
  { driver, invite, maxPrice }: SourceOptions,
  fromEnvironment: string | undefined,
): DriverTarget {
  if (maxPrice !== undefined)
    throw new UsageError('--max-price is for asking through a market: give --market')
  const [address, ...others] = driver
  if (others.length > 0)
    throw new UsageError('one driver is asked without --market; several --driver were given')
  if (address !== undefined) return parseDriverAddress(address)
  const line = invite ?? fromEnvironment
  if (line === undefined) throw new UsageError('who answers is not said: give --invite, --driver or --market')
  return parseInvite(line)
}
