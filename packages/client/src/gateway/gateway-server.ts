import type { Clock, Log, Random } from '@shardline/core'
import type { AnswerSource } from '../answer-source.ts'
import type { GatewaySettings } from './gateway-settings.ts'

/** What a gateway works with. They stay the caller's: closing the gateway doesn't close them. */
export interface GatewayComponents {
  /** Who answers. */
  readonly source: AnswerSource
  readonly clock: Clock
  /** Draws the ids of answers. */
  readonly random: Random
  readonly log: Log
}

/** Options of `serveGateway`, beside the {@link GatewaySettings}. */
export interface ServeGatewayOptions extends Partial<GatewaySettings> {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 lets the system choose one. @default 0 */
  readonly port?: number
}

/** A gateway on the network. */
export interface GatewayServer extends AsyncDisposable {
  /** `http://host:port`; OpenAI's clients take it with `/v1` behind it. */
  readonly address: string
  /** Takes no further requests, lets those in flight finish within `closeMsMax`, and closes all connections. */
  close(): Promise<void>
}
