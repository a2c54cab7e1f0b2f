import type { Clock, Random } from '@shardline/core'
import { SEED_BYTES, historyKeyFromSeed } from '@shardline/identity'
import type { HistoryKey, Identity, PartyId } from '@shardline/identity'
import { DriverKeyDirectory } from './driver-key-directory.ts'
import type { Fetch } from './fetch-answer.ts'
import { HttpMarketClient } from './http-market-client.ts'
import type { MarketClient } from './market-client.ts'
import { MarketEvents } from './market-events.ts'
import type { EventLimits } from './market-events.ts'
import { MarketHttp } from './market-http.ts'
import type { MarketLimits } from './market-http.ts'
import { MarketWorkSource } from './market-work-source.ts'
import { runtimeWebSocket } from './web-socket.ts'
import type { EventWebSocketConstructor } from './web-socket.ts'
import type { NodeDirectory, NodeRegistry, WorkSource } from './work-source.ts'

/** How to reach a market, and as whom. */
export interface ConnectMarketInit {
  /** `http://host:port` or `https://…`, with or without a path before the market's own. */
  readonly url: string
  /** Which market it has to be. @default whoever answers there at first: then its log of driver keys is nobody's word but that one's */
  readonly marketId?: PartyId | undefined
  /** Who asks. @default nobody: only what is for everyone can be asked */
  readonly identity?: Identity | undefined
  /** Of the user, who can read its prompts and answers again with it. @default one that is forgotten with the client */
  readonly historyKey?: HistoryKey | undefined
  /** The last checkpoint of the log of driver keys that an earlier client accepted: `keyLogSeen`. @default none */
  readonly keyLogSeen?: string | undefined
  readonly clock: Clock
  readonly random: Random
  /** @default the runtime's own */
  readonly fetch?: Fetch | undefined
  /** @default the runtime's own, if it has one */
  readonly webSocket?: EventWebSocketConstructor | undefined
  /** @default {} */
  readonly limits?: MarketLimits & EventLimits
}

/**
 * A market as its user has it. Nothing is sent before the first call. Runs in Node and in browsers.
 */
export function connectMarket(init: ConnectMarketInit): MarketClient {
  const { clock, random, identity, limits = {} } = init
  const http = marketHttp(init)
  return new HttpMarketClient({
    http,
    keys: new DriverKeyDirectory({ http, clock, seen: init.keyLogSeen }),
    events: new MarketEvents({ http, clock, webSocket: init.webSocket ?? runtimeWebSocket(), limits }),
    historyKey: init.historyKey ?? historyKeyFromSeed(random.bytes(SEED_BYTES)),
    isSigner: identity !== undefined,
    clock,
    random,
  })
}

/** A market as its drivers and other nodes have it. Nothing is sent before the first call. */
export function connectWorkSource(
  init: Omit<ConnectMarketInit, 'historyKey' | 'keyLogSeen' | 'webSocket'>,
): WorkSource & NodeRegistry & NodeDirectory {
  return new MarketWorkSource(marketHttp(init))
}

function marketHttp({
  url,
  marketId,
  identity,
  clock,
  random,
  fetch,
  limits = {},
}: ConnectMarketInit): MarketHttp {
  return new MarketHttp({
    url,
    marketId,
    identity,
    clock,
    random,
    // Browsers refuse it under another `this`.
    fetch: fetch ?? ((address, request) => globalThis.fetch(address, request)),
    limits,
  })
}
