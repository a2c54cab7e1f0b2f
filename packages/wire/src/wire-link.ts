import type { Clock, Log, LogFields, ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import { clipText } from './clip-text.ts'
import type { Deferred } from './deferred.ts'
import { deferred } from './deferred.ts'
import {
  LinkClosedError,
  LinkTimeoutError,
  LinkTruncatedError,
  MessageUnexpectedError,
  SendBufferFullError,
} from './errors.ts'
import type { FrameChannel } from './frame-channel.ts'
import { closeChannel } from './frame-channel.ts'
import { decodeFrame, encodeFrame } from './frame.ts'
import { Inbox } from './inbox.ts'
import type { WireLimits } from './limits.ts'
import { watchLink } from './liveness.ts'
import type { Message } from './message.ts'
import type { ByeMessage } from './messages/bye.ts'
import type { PongMessage } from './messages/pong.ts'
import type { Link, Peer } from './transport.ts'

/** Collaborators of a {@link WireLink}. */
export interface WireLinkComponents {
  /** Its handshake is done; the link takes it over. */
  readonly channel: FrameChannel
  readonly clock: Clock
  readonly log: Log
  readonly limits: WireLimits
}

/** What the handshake found out. */
export interface WireLinkInit {
  readonly peer: Peer
  readonly protocol: number
}

const SENT: Promise<void> = Promise.resolve()

/**
 * One link over any channel: messages to frames and back, back-pressure both ways, liveness, and the end.
 *
 * It is open until one of these happens, each at most once: {@link close} says goodbye; the peer says goodbye; a bad
 * frame, silence, or the loss of the channel breaks it. From then on it only waits for the channel to be gone.
 */
export class WireLink implements Link {
  readonly peer: Peer
  readonly protocol: number
  readonly closed: Promise<void>
  readonly #channel: FrameChannel
  readonly #clock: Clock
  readonly #log: Log
  readonly #limits: WireLimits
  readonly #inbox: Inbox
  readonly #watch = new AbortController()
  #isOpen = true
  #closeReason: string | undefined
  /** What callers of `send` wait for while the send buffer is over its high-water mark. */
  #drain: Deferred<void> | undefined
  #isPaused = false
  #lastHeardMs: number
  #pingSequence = 0
  #pingSentMs = 0
  #roundTripMs: number | undefined
  /** Who waits for the pong of the last ping. */
  #roundTrip: Deferred<number | undefined> | undefined
  #sentBytes = 0
  #receivedBytes = 0

  constructor(components: WireLinkComponents, init: WireLinkInit) {
    this.peer = init.peer
    this.protocol = init.protocol
    this.#channel = components.channel
    this.#clock = components.clock
    this.#log = components.log
    this.#limits = components.limits
    this.#lastHeardMs = components.clock.monotonic()
    this.#inbox = new Inbox({
      entriesMax: components.limits.inboxEntriesMax,
      bytesMax: components.limits.inboxBytesMax,
      onRoom: () => this.#resume(),
    })
    this.closed = this.#channel.closed
    this.#channel.attach({
      onFrame: (bytes) => this.#onFrame(bytes),
      onDrain: () => this.#onDrain(),
      onBroken: (error) => this.#break(error),
      onGone: (detail) => this.#onGone(detail),
    })
    if (this.#isOpen) this.#startWatch()
    this.#log.debug('link-opened', { ...this.#facts, protocol: this.protocol })
  }

  /** Who the peer is, for the log. */
  get #facts(): LogFields {
    const { node, role, software, address } = this.peer
    return { peer: { node, role, software, address } }
  }

  get closeReason(): string | undefined {
    return this.#closeReason
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  get traffic(): { readonly sentBytes: number; readonly receivedBytes: number } {
    return { sentBytes: this.#sentBytes, receivedBytes: this.#receivedBytes }
  }

  send(message: Message): Promise<void> {
    if (!this.#isOpen) return Promise.reject(this.#closedError())
    const waitingBytes = this.#channel.bufferedBytes
    if (waitingBytes > this.#limits.sendBufferBytesMax) {
      return Promise.reject(
        new SendBufferFullError(this.peer.address, waitingBytes, this.#limits.sendBufferBytesMax),
      )
    }
    try {
      this.#write(message)
    } catch (cause) {
      return Promise.reject(fromUnknown(cause))
    }
    if (this.#channel.bufferedBytes <= this.#limits.sendBufferHighBytes) return SENT
    this.#drain ??= deferred<void>()
    return this.#drain.promise
  }

  messages(): AsyncIterable<Message> {
    const inbox = this.#inbox
    return { [Symbol.asyncIterator]: () => ({ next: () => inbox.next() }) }
  }

  measureRoundTrip(): Promise<number | undefined> {
    if (!this.#isOpen || !this.#ping()) return Promise.resolve(undefined)
    this.#roundTrip = deferred<number | undefined>()
    return this.#roundTrip.promise
  }

  async close(reason: string): Promise<void> {
    if (this.#isOpen) {
      this.#end(clipText(reason))
      this.#inbox.end()
      this.#inbox.clear()
      this.#farewell(null)
    }
    await this.closed
  }

  #write(message: Message): void {
    const frame = encodeFrame(message, this.#limits)
    this.#sentBytes += frame.byteLength
    this.#channel.write(frame)
  }

  #onFrame(bytes: Uint8Array): void {
    if (!this.#isOpen) return
    this.#lastHeardMs = this.#clock.monotonic()
    this.#receivedBytes += bytes.byteLength
    try {
      this.#take(decodeFrame(bytes, this.#limits), bytes.byteLength)
    } catch (cause) {
      this.#break(fromUnknown(cause))
    }
  }

  #take(message: Message, frameBytes: number): void {
    if (message.kind === 'ping') this.#answerPing(message.sequence)
    else if (message.kind === 'pong') this.#onPong(message)
    else if (message.kind === 'bye') this.#onBye(message)
    else if (message.kind === 'hello' || message.kind === 'welcome') {
      throw new MessageUnexpectedError(message.kind, 'any message but those of the handshake')
    } else if (this.#inbox.put(message, frameBytes)) this.#pause()
  }

  /** While much waits to be sent, that is sign of life enough: a peer that only pings can't fill the buffer. */
  #answerPing(sequence: number): void {
    if (this.#channel.bufferedBytes <= this.#limits.sendBufferHighBytes)
      this.#write({ kind: 'pong', sequence })
  }

  /** Sends a ping unless much waits to be sent; says whether it did. Who waits for an earlier one gets nothing. */
  #ping(): boolean {
    if (this.#channel.bufferedBytes > this.#limits.sendBufferHighBytes) return false
    this.#settleRoundTrip(undefined)
    this.#pingSequence += 1
    this.#pingSentMs = this.#clock.monotonic()
    this.#write({ kind: 'ping', sequence: this.#pingSequence })
    return true
  }

  #settleRoundTrip(roundTripMs: number | undefined): void {
    this.#roundTrip?.resolve(roundTripMs)
    this.#roundTrip = undefined
  }

  #onPong({ sequence }: PongMessage): void {
    if (sequence !== this.#pingSequence) return
    this.#roundTripMs = this.#clock.monotonic() - this.#pingSentMs
    this.#settleRoundTrip(this.#roundTripMs)
  }

  #onBye({ reason, code }: ByeMessage): void {
    this.#end(reason)
    this.#inbox.end(
      code === null
        ? undefined
        : new LinkClosedError(this.peer.address, `the peer broke off: ${reason} [${code}]`),
    )
    this.#leave()
  }

  /** Ends the link for a failure that this side found: the consumer gets it, and the peer is told its code. */
  #break(failure: ShardlineError): void {
    if (!this.#isOpen) return
    this.#log.warn('link-broken', { ...this.#facts, code: failure.code, reason: failure.message })
    this.#end(clipText(failure.message))
    this.#inbox.end(failure)
    this.#farewell(failure.code)
  }

  #onGone(detail: string): void {
    if (this.#isOpen) {
      this.#end(detail)
      this.#inbox.end(new LinkTruncatedError(this.peer.address, detail))
    }
    this.#drain?.reject(this.#closedError())
    this.#drain = undefined
    this.#log.debug('link-closed', { ...this.#facts, reason: this.#closeReason })
  }

  #end(reason: string): void {
    this.#isOpen = false
    this.#closeReason = reason
    this.#watch.abort()
    this.#settleRoundTrip(undefined)
  }

  #farewell(code: string | null): void {
    this.#write({ kind: 'bye', reason: this.#closeReason ?? '', code })
    this.#leave()
  }

  #leave(): void {
    void closeChannel(this.#channel, this.#clock, this.#limits.closeMsMax)
  }

  #onDrain(): void {
    if (this.#drain === undefined || this.#channel.bufferedBytes > this.#limits.sendBufferLowBytes) return
    this.#drain.resolve()
    this.#drain = undefined
  }

  #pause(): void {
    this.#isPaused = true
    this.#channel.pause()
  }

  #resume(): void {
    this.#isPaused = false
    this.#lastHeardMs = this.#clock.monotonic()
    if (this.#isOpen) this.#channel.resume()
  }

  #closedError(): LinkClosedError {
    return new LinkClosedError(this.peer.address, this.#closeReason ?? 'it ended')
  }

  #startWatch(): void {
    const { pingIntervalMs, livenessMsMax } = this.#limits
    watchLink(
      {
        lastHeardMs: () => this.#lastHeardMs,
        isPaused: () => this.#isPaused,
        ping: () => void this.#ping(),
        excuse: () => {
          this.#lastHeardMs = this.#clock.monotonic()
        },
        onSilent: () => this.#break(new LinkTimeoutError(this.peer.address, 'sign of life', livenessMsMax)),
      },
      { clock: this.#clock, pingIntervalMs, livenessMsMax, signal: this.#watch.signal },
    )
  }
}
