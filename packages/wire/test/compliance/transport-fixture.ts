import type { Clock } from '@shardline/core'
import type { LinkSecurityInit, ProtocolRange, Transport, WireLimits } from '../../src/index.ts'
import type { RecordingLog } from '../support/recording-log.ts'

/** How a test wants a transport to be. */
export interface CreateOptions {
  readonly node?: string
  readonly limits?: Partial<WireLimits>
  readonly protocols?: ProtocolRange
  readonly log?: RecordingLog
  /** @default systemClock */
  readonly clock?: Clock
  /** Ignored where links stay in clear. @default somebody new */
  readonly security?: LinkSecurityInit
}

/** A peer that speaks bytes, after proving who it is where that is asked: no messages, no rules. */
export interface RawPeer {
  send(bytes: Uint8Array): void
  /** The next frame from the other side; rejects if the connection ends first. */
  next(): Promise<Uint8Array>
  /** Cuts the connection without a goodbye. */
  destroy(): void
  readonly closed: Promise<void>
}

/** What the suite needs of a kind of transport. */
export interface TransportFixture extends AsyncDisposable {
  create(options?: CreateOptions): Transport
  /** Listening here takes a free address. */
  readonly listenAddress: string
  /** Nobody listens here. */
  readonly deadAddress: string
  rawDial(address: string): Promise<RawPeer>
  /** Accepts connections and never says anything. Resolves with its address. */
  listenSilently(): Promise<string>
}
