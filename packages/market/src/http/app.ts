import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Clock, Log, Random } from '@shardline/core'
import type { Identity, NonceMemory, PartyId } from '@shardline/identity'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Market } from '../market.ts'
import type { HttpSettings } from './http-settings.ts'
import type { MarketMetrics } from './market-metrics.ts'

/** The Fastify instance, with types taken from the schemas. */
export type App = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Whether a route wants to know who asks: never, always, or if the request is signed. */
export type Access = 'public' | 'signed' | 'optional'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** @default 'public' */
    readonly access?: Access
  }
  interface FastifyRequest {
    /** Who signed it; checked. */
    party: PartyId | undefined
    /** The body's bytes as they came: what the signature covers. */
    bodyBytes: Uint8Array | undefined
  }
}

/** What every route works with. */
export interface HttpContext {
  readonly market: Market
  /** The market's own: its id is the audience of signed requests, and it signs checkpoints of the log of driver keys. */
  readonly identity: Pick<Identity, 'id' | 'sign'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Remembers nonces for all replicas. */
  readonly nonces: NonceMemory
  /** Key under the ledger's checkpoints, as in `name+keyid+key`. */
  readonly logKey: string | undefined
  readonly settings: HttpSettings
  readonly metrics: MarketMetrics
  /** Whether sweeps have finished lately. */
  areSweepsAlive(): boolean
}
