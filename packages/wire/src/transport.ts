import type { Message } from './message.ts'
import type { PeerRole } from './messages/common.ts'

/** Who is at the other end, as it said in its handshake. */
export interface Peer {
  readonly node: string
  readonly role: PeerRole
  readonly software: string
  /** Where it is, for messages. */
  readonly address: string
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
   * @throws LinkClosedError once the link is closed; FrameTooLargeError if the message doesn't fit.
   */
  send(message: Message): Promise<void>
  /**
   * Messages in order of arrival; one consumer. Ends when the peer closes; throws the reason when the link breaks
   * (LinkClosedError, LinkTimeoutError, or the named error of a bad frame).
   */
  messages(): AsyncIterable<Message>
  /** Says `bye` with `reason`, lets what was sent go out, and closes. May be called twice. */
  close(reason: string): Promise<void>
  /** Resolves, never rejects, when the link is closed by either side. */
  readonly closed: Promise<void>
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
   * @throws DialFailedError if nobody answers; ProtocolMismatchError; LinkTimeoutError.
   */
  dial(address: string, options?: { readonly signal?: AbortSignal }): Promise<Link>
}
