import type { Identity } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { STATUS_EARNINGS_MS } from '../limits.ts'
import { Earnings } from '../node/earnings.ts'
import type { EarningsStatus } from './status-document.ts'

/** Asks a market from time to time what a party has, for as long as its status is shown. */
export class EarningsWatch implements Disposable {
  readonly #market: string | undefined
  readonly #earnings: Earnings
  readonly #over = new AbortController()

  /** @param market undefined: it works for none. */
  constructor(market: string | undefined, identity: Identity, context: CommandContext) {
    this.#market = market
    this.#earnings = new Earnings(market, identity, context)
    if (market !== undefined) void this.#watch(context)
  }

  /** As it was told last; null where it works for no market. */
  get status(): EarningsStatus | null {
    return this.#market === undefined ? null : earningsStatus(this.#market, this.#earnings)
  }

  /** Asks no more. */
  [Symbol.dispose](): void {
    this.#over.abort()
  }

  async #watch({ clock, interrupt }: CommandContext): Promise<void> {
    const signal = AbortSignal.any([interrupt.signal, this.#over.signal])
    while (!signal.aborted) {
      await this.#earnings.look()
      await clock.sleep(STATUS_EARNINGS_MS, { signal }).catch(() => undefined)
    }
  }
}

/** What a party has, as a status shows it: the market without the id behind it. */
export function earningsStatus(
  market: string,
  { balance, balanceBefore }: Pick<Earnings, 'balance' | 'balanceBefore'>,
): EarningsStatus {
  const earned = balance === undefined ? undefined : balance - (balanceBefore ?? balance)
  return {
    market: market.split('#')[0] ?? '',
    balance_microcredits: balance === undefined ? null : String(balance),
    earned_microcredits: earned === undefined ? null : String(earned),
  }
}
