import type {
  Market,
  MarketEvent,
  MarketStats,
  ModelId,
  ModelPrice,
  Request,
  RequestId,
} from '@shardline/market'
import { MarketNotFoundError, REQUEST_STATES, modelId } from '@shardline/market'

export const MODEL: ModelId = modelId('storyteller/q4')

export const PRICE: ModelPrice = {
  model: MODEL,
  layerCount: 8,
  basePrice: 100n,
  price: '100.5',
  multiplier: '1.005',
  supply: '12',
  demandTokens: 7n,
  seq: 3n,
}

/** One call of an operation and what it was given. */
export interface Call {
  readonly operation: string
  readonly given: readonly unknown[]
}

/** A market without rules, to look at the transport alone: notes each call, answers what it's told to. */
export interface MarketDouble extends Market {
  readonly calls: readonly Call[]
  /** What an operation does instead. */
  answer(operation: keyof Market, run: (...given: readonly unknown[]) => Promise<unknown>): void
  publish(event: MarketEvent): void
  /** Says that events were missed. */
  miss(): void
}

export function marketDouble(): MarketDouble {
  const calls: Call[] = []
  const answers = new Map<string, (...given: readonly unknown[]) => Promise<unknown>>()
  const subscribers = new Set<{
    readonly onEvent: (event: MarketEvent) => void
    readonly onMissed: () => void
  }>()
  const own: Readonly<Record<string, unknown>> = {
    calls,
    answer: (operation: string, run: (...given: readonly unknown[]) => Promise<unknown>) =>
      answers.set(operation, run),
    publish: (event: MarketEvent) => {
      for (const { onEvent } of subscribers) onEvent(event)
    },
    miss: () => {
      for (const { onMissed } of subscribers) onMissed()
    },
    events: {
      subscribe: (onEvent: (event: MarketEvent) => void, onMissed: () => void) => {
        const subscriber = { onEvent, onMissed }
        subscribers.add(subscriber)
        return () => subscribers.delete(subscriber)
      },
    },
  }
  const defaults: Readonly<Record<string, () => unknown>> = {
    prices: () => [PRICE],
    priceHistory: () => [],
    requests: () => [],
    drivers: () => [],
    nodes: () => [],
    claim: () => undefined,
    ping: () => undefined,
    registerNode: () => undefined,
    withdrawNode: () => undefined,
    withdrawCapacity: () => undefined,
    flag: () => undefined,
    compare: () => undefined,
    stats: (): MarketStats => ({
      requests: Object.fromEntries(REQUEST_STATES.map((state) => [state, 1])) as MarketStats['requests'],
      drivers: 2,
      settlementsDue: 1,
      settlementLagMs: 1_500,
    }),
    sweep: () => ({ lapsed: 0, requeued: 0, failed: 0, expired: 0, settled: 0, capacitiesGone: 0 }),
  }
  return new Proxy(own, {
    get: (_target, name) => {
      const operation = String(name)
      if (operation in own) return own[operation]
      if (operation === 'then') return undefined
      return async (...given: readonly unknown[]) => {
        calls.push({ operation, given })
        const run = answers.get(operation)
        if (run !== undefined) return await run(...given)
        const byDefault = defaults[operation]
        if (byDefault !== undefined) return byDefault()
        throw new MarketNotFoundError('request', 'none')
      }
    },
  }) as unknown as MarketDouble
}

/** A request as a market would answer it. */
export function requestOf(init: { readonly id: RequestId; readonly user: Request['user'] }): Request {
  return {
    ...init,
    state: 'QUOTED',
    model: MODEL,
    driver: init.user,
    lockedPrice: '100.5',
    hold: 5_000_000_000n,
    promptTokensMax: 10,
    outputTokensMax: 20,
    priority: 0,
    fence: 0,
    attempts: 0,
    delivered: { prompt: 0, output: 0 },
    acknowledged: { prompt: 0, output: 0 },
    participants: undefined,
    endReason: undefined,
    settlement: undefined,
    createdAtMs: 1,
    deadlineMs: 2,
    leaseUntilMs: undefined,
    endedAtMs: undefined,
  }
}
