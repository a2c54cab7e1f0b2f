import type { MarketClient } from '@shardline/client'
import type { Identity } from '@shardline/identity'
import { openMarketClient } from '../market/open-market-client.ts'
import type { CommandContext } from '../commands/command-context.ts'

/** What a party has on a market, and had when it was first asked. */
export class Earnings {
  readonly #client: MarketClient | undefined
  readonly #signal: AbortSignal
  #first: bigint | undefined
  #last: bigint | undefined

  /** @param market undefined: it works for none. */
  constructor(market: string | undefined, identity: Identity, context: CommandContext) {
    this.#client = market === undefined ? undefined : openMarketClient({ market, identity }, context).client
    this.#signal = context.interrupt.signal
  }

  /** Microcredits when it was last asked; undefined before. */
  get balance(): bigint | undefined {
    return this.#last
  }

  /** Microcredits when it was first asked. */
  get balanceBefore(): bigint | undefined {
    return this.#first
  }

  /** Asks again; keeps what it knows while the market is away. */
  async look(): Promise<void> {
    try {
      const balance = await this.#client?.balance({ signal: this.#signal })
      if (balance === undefined) return
      this.#last = balance.available + balance.held
      this.#first ??= this.#last
    } catch {
      // A market that is away, or that has never heard of this party, says nothing of what it has.
    }
  }
}
