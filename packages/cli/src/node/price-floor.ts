import type { MarketClient } from '@shardline/client'
import type { Identity } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { openMarketClient } from '../market/open-market-client.ts'
import { reachesFloor, shortPrice } from '../stages/price-floors.ts'

/** The lowest price at which a node works, and what its market's prices mean for it. */
export class PriceFloor {
  readonly #floor: bigint
  readonly #client: Pick<MarketClient, 'prices'>
  readonly #signal: AbortSignal
  #note: string | undefined

  constructor(
    { market, floor }: { readonly market: string; readonly floor: bigint },
    identity: Identity,
    context: CommandContext,
  ) {
    this.#floor = floor
    this.#client = openMarketClient({ market, identity }, context).client
    this.#signal = context.interrupt.signal
  }

  /** Why it isn't used, as of the last look; undefined if the price is no reason. */
  get note(): string | undefined {
    return this.#note
  }

  /** Asks the market again; keeps what it knows while that is away. */
  async look(): Promise<void> {
    try {
      this.#note = describeFloor(await this.#client.prices({ signal: this.#signal }), this.#floor)
    } catch {
      // A market that is away says nothing of its prices.
    }
  }
}

/** Says of which models the price is below a floor; undefined if it is of none. */
export function describeFloor(
  prices: readonly { readonly model: string; readonly price: string }[],
  floor: bigint,
): string | undefined {
  const below = prices.filter(({ price }) => !reachesFloor(price, floor))
  if (below.length === 0) return undefined
  const [first] = below.toSorted((a, b) => Number(b.price) - Number(a.price))
  const shown =
    first === undefined
      ? ''
      : `price ${shortPrice(first.price)} of ${first.model} is below your floor ${floor}`
  const rest = below.length > 1 ? `, and that of ${below.length - 1} more models` : ''
  return `not used by new pipelines: ${shown}${rest}`
}
