import type { Clock, Log, Random } from '@shardline/core'
import { historyKeyFromSeed, SEED_BYTES } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { Transport } from '@shardline/wire'
import { connectMarket } from '../market/connect-market.ts'
import type { ConnectMarketInit } from '../market/connect-market.ts'
import { MarketAnswerSource } from './market-answer-source.ts'
import type { MarketSourceOptions } from './market-source-options.ts'

/** Collaborators of {@link connectMarketSource}. They stay the caller's: closing the source doesn't close them. */
export interface ConnectMarketSourceComponents {
  /** Reaches drivers, as a `client`, in the name of the user. */
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Options of {@link connectMarketSource}: how to reach the market and as whom, and what drivers have to be. */
export interface ConnectMarketSourceInit
  extends
    Omit<ConnectMarketInit, 'clock' | 'random' | 'identity' | 'limits'>,
    Omit<MarketSourceOptions, 'limits'> {
  /** Who pays. */
  readonly identity: Identity
  /** @default {} */
  readonly limits?: ConnectMarketInit['limits'] & MarketSourceOptions['limits']
  /** Gives connecting up. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Connects to a market, whose drivers then answer, each paid for what it delivered. Drivers are chosen ask by ask, and
 * dialed when they are asked.
 *
 * @throws MarketUnreachableError, MarketAnswerError, MarketMismatchError, InvalidValueError, AbortedError
 */
export async function connectMarketSource(
  components: ConnectMarketSourceComponents,
  init: ConnectMarketSourceInit,
): Promise<MarketAnswerSource> {
  const { clock, random } = components
  const historyKey = init.historyKey ?? historyKeyFromSeed(random.bytes(SEED_BYTES))
  const market = connectMarket({ ...init, historyKey, clock, random })
  const source = new MarketAnswerSource({ ...components, market, historyKey }, init)
  await market.facts({ signal: init.signal })
  return source
}
