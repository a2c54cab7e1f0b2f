import type { MarketPrice } from '@shardline/client'
import type { CommandContext } from '../commands/command-context.ts'
import { DRIVER_STATUS_PORT_DEFAULT, STATUS_ADDRESSES_MAX } from '../limits.ts'
import { UsageError } from '../errors.ts'
import { fetchStatuses } from './fetch-status.ts'
import type { FetchedStatus } from './fetch-status.ts'

/** Whom `shardline status` and `shardline top` look at. */
export interface LookOptions {
  /** Undefined is none. */
  readonly market: string | undefined
}

/** One look. */
export interface Look {
  readonly fetched: readonly FetchedStatus[]
  /** Undefined where no market is asked, or it is away. */
  readonly market: readonly MarketPrice[] | undefined
}

/** Looks at processes, and a market if one is given; a function for each further look. @throws UsageError. */
export async function looksAt(
  given: readonly string[],
  options: LookOptions,
  context: CommandContext,
): Promise<() => Promise<Look>> {
  if (given.length > STATUS_ADDRESSES_MAX) {
    throw new UsageError(
      `${given.length} addresses were given; at most ${STATUS_ADDRESSES_MAX} can be looked at`,
    )
  }
  const addresses = given.length === 0 ? [`http://127.0.0.1:${DRIVER_STATUS_PORT_DEFAULT}`] : given
  const { signal } = context.interrupt
  const prices = await pricesOf(options.market, context)
  return async () => {
    const [fetched, market] = await Promise.all([fetchStatuses(addresses, signal), prices()])
    return { fetched, market }
  }
}

async function pricesOf(
  market: string | undefined,
  context: CommandContext,
): Promise<() => Promise<readonly MarketPrice[] | undefined>> {
  if (market === undefined) return () => Promise.resolve(undefined)
  const { openMarketClient } = await import('../market/open-market-client.ts')
  const { client } = openMarketClient({ market }, context)
  const { signal } = context.interrupt
  return () => client.prices({ signal }).catch(() => undefined)
}
