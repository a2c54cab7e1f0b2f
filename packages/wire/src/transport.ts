import type { Clock, Log } from '@shardline/core'
import type { WireLimits } from './limits.ts'
import type { Message } from './message.ts'
import type { PeerRole } from './messages/common.ts'
import type { ProtocolRange } from './protocol.ts'

/** Who is at the other end: what it said in its handshake, and the key that it proved to have. */
export interface Peer {
  readonly node: string
  readonly role: PeerRole
  readonly software: string
  /** Where it is, for messages. */
  readonly address: string
  /** 32 bytes of Ed25519; undefined where nothing is proved: on links inside one process. */
  readonly publicKey: Uint8Array | undefined
}

/** An ordered, reliable, two-way channel of messages to one peer whose handshake is done. */
export interface Link {
  readonly peer: Peer
  /** Negotiated protocol version. */
  readonly protocol: number
  /**
   * Hands a message over; resolves when the send buffer has room again, so that awaiting it is back-pressure.
   * Messages arrive in the order of the calls. The message's payload must not change until it resolves.
   *
   * @throws LinkClosedError once the link is closed; FrameTooLargeError if the message doesn't fit;
   * MessageInvalidError if it isn't what its kind allows; SendBufferFullError if too much waits. The link stays usable
   * after each of them but the first.
   */
  send(message: Message): Promise<void>
  /**
   * Messages in order of arrival; one consumer. The link's own messages (hello, welcome, ping, pong, bye) are not among
   * them. While nobody takes messages the link stops reading from the peer. Ends when either side closes; throws the reason when the link breaks
   * (LinkTruncatedError if it was cut, LinkClosedError if the peer broke off, LinkTimeoutError, or the named error of a
   * bad frame).
   */
  messages(): AsyncIterable<Message>
  /** Says `bye` with `reason`, lets what was sent go out, and closes. May be called twice. */
  close(reason: string): Promise<void>
  /** Resolves, never rejects, when the link is closed by either side. */
  readonly closed: Promise<void>
  /** The reason that either side's goodbye gave, or what broke the link; undefined while it is open. */
  readonly closeReason: string | undefined
  /** Round trip of the last ping that was answered, in milliseconds; undefined before the first. */
  readonly roundTripMs: number | undefined
  /** Pings now; resolves with the round trip in milliseconds, or undefined if there is no answer before the next ping or the end. */
  measureRoundTrip(): Promise<number | undefined>
  /** Bytes that went out and came in so far. */
  readonly traffic: { readonly sentBytes: number; readonly receivedBytes: number }
}

/** A place that accepts links. */
export interface Listener extends AsyncDisposable {
  /** Address that a peer can dial: `ws://host:port`, or `memory:name`. */
  readonly address: string
  /** Stops accepting and closes all accepted links. */
  close(): Promise<void>
}

/** What a transport says of its own side in handshakes. */
export interface SelfDescription {
  readonly node: string
  readonly role: PeerRole
  /** Name and version of the software. */
  readonly software: string
}

/** Collaborators of every transport. */
export interface TransportComponents {
  readonly clock: Clock
  readonly log: Log
}

/** Options of {@link Transport.dial}. */
export interface DialOptions {
  readonly signal?: AbortSignal
  /** Who has to be there: 32 bytes of Ed25519. @default anybody */
  readonly expectPublicKey?: Uint8Array
}

/** Options of every transport. */
export interface TransportInit {
  readonly self: SelfDescription
  /** Limits that differ from the defaults. @default {} */
  readonly limits?: Partial<WireLimits>
  /** Protocol versions to speak. @default PROTOCOLS_SPOKEN */
  readonly protocols?: ProtocolRange
}

/** A way to reach peers. A compliance suite runs every implementation. */
export interface Transport {
  /**
   * Accepts links at `address`; `onLink` is called after each handshake.
   *
   * @throws AddressUnusableError if it can't be listened on.
   */
  listen(address: string, onLink: (link: Link) => void): Promise<Listener>
  /**
   * Connects and shakes hands.
   *
   * @throws DialFailedError if nobody answers; PeerWrongError if somebody else than the expected does; PeerRefusedError;
   * HandshakeFailedError; ProtocolMismatchError; LinkTimeoutError; ListenerFullError; AbortedError.
   */
  dial(address: string, options?: DialOptions): Promise<Link>
}
