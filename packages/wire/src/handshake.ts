import type { Clock, Log, ShardlineError } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import { clipText } from './clip-text.ts'
import { deferred } from './deferred.ts'
import {
  DialFailedError,
  FrameTooLargeError,
  LinkClosedError,
  LinkTimeoutError,
  ListenerFullError,
  MessageUnexpectedError,
  ProtocolMismatchError,
} from './errors.ts'
import type { FrameChannel } from './frame-channel.ts'
import { closeChannel, IGNORE_CHANNEL } from './frame-channel.ts'
import { decodeFrame, encodeFrame } from './frame.ts'
import type { WireLimits } from './limits.ts'
import type { Message } from './message.ts'
import type { HelloMessage } from './messages/hello.ts'
import type { ProtocolRange } from './protocol.ts'
import { formatProtocols, highestCommonProtocol } from './protocol.ts'
import type { SelfDescription } from './transport.ts'
import { WireLink } from './wire-link.ts'

/** What a side brings into its handshakes. */
export interface HandshakeContext {
  readonly clock: Clock
  readonly log: Log
  readonly limits: WireLimits
  readonly self: SelfDescription
  readonly protocols: ProtocolRange
}

/**
 * The accepting side: waits for `hello`, answers `welcome` with the highest version that both speak.
 *
 * @throws ProtocolMismatchError, LinkTimeoutError, LinkClosedError, or the named error of a bad frame; the peer is told.
 */
export function acceptLink(channel: FrameChannel, context: HandshakeContext): Promise<WireLink> {
  return exchange(channel, context, {
    signal: undefined,
    onFirst: (message) => welcome(channel, context, message),
    goneError: (detail) => new LinkClosedError(channel.address, detail),
  })
}

/**
 * The dialing side: says `hello`, waits for `welcome`. `opened` resolves when the channel can be written to.
 *
 * @throws ProtocolMismatchError, ListenerFullError, DialFailedError, LinkTimeoutError, AbortedError, or the named error
 * of a bad frame.
 */
export function dialLink(
  channel: FrameChannel,
  context: HandshakeContext,
  options: { readonly opened: Promise<void>; readonly signal: AbortSignal | undefined },
): Promise<WireLink> {
  const { self, protocols, limits } = context
  const hello: HelloMessage = {
    kind: 'hello',
    protocolMin: protocols.min,
    protocolMax: protocols.max,
    role: self.role,
    node: self.node,
    software: self.software,
  }
  const frame = encodeFrame(hello, limits)
  void options.opened.then(() => channel.write(frame))
  return exchange(channel, context, {
    signal: options.signal,
    onFirst: (message) => takeWelcome(channel, context, message),
    goneError: (detail) => new DialFailedError(channel.address, detail),
  })
}

/** Tells the peer that the listener is full, and closes. */
export function refuseLink(channel: FrameChannel, context: HandshakeContext): void {
  const { linksPerListenerMax } = context.limits
  channel.attach(IGNORE_CHANNEL)
  const error = new ListenerFullError(context.self.node, `it has ${linksPerListenerMax}, its limit`)
  sayWhy(channel, error, context)
}

interface Exchange {
  readonly signal: AbortSignal | undefined
  /** Makes the link of the peer's first message, at once, so that the link hears all that follow. */
  readonly onFirst: (message: Message) => WireLink
  /** What it means that the channel is gone before that. */
  readonly goneError: (detail: string) => ShardlineError
}

function exchange(channel: FrameChannel, context: HandshakeContext, init: Exchange): Promise<WireLink> {
  const { clock, limits } = context
  const { promise, resolve, reject } = deferred<WireLink>()
  const timer = new AbortController()
  const { signal } = init
  let isDone = false
  const finish = (): boolean => {
    if (isDone) return false
    isDone = true
    timer.abort()
    signal?.removeEventListener('abort', onAbort)
    return true
  }
  const fail = (error: ShardlineError): void => {
    if (!finish()) return
    channel.attach(IGNORE_CHANNEL)
    sayWhy(channel, error, context)
    reject(error)
  }
  const onAbort = (): void => fail(new AbortedError('the dialing', signal?.reason))
  signal?.addEventListener('abort', onAbort, { once: true })
  channel.attach({
    onFrame: (bytes) => {
      try {
        const link = init.onFirst(decodeFirst(bytes, limits))
        if (finish()) resolve(link)
      } catch (cause) {
        fail(fromUnknown(cause))
      }
    },
    onDrain: () => undefined,
    onBroken: fail,
    onGone: (detail) => fail(init.goneError(detail)),
  })
  clock.sleep(limits.handshakeMsMax, { signal: timer.signal }).then(
    () => fail(new LinkTimeoutError(channel.address, 'handshake', limits.handshakeMsMax)),
    () => undefined,
  )
  if (signal?.aborted === true) onAbort()
  return promise
}

function decodeFirst(bytes: Uint8Array, limits: WireLimits): Message {
  if (bytes.byteLength > limits.handshakeBytesMax) {
    throw new FrameTooLargeError('handshake', bytes.byteLength, limits.handshakeBytesMax)
  }
  return decodeFrame(bytes, limits)
}

function welcome(channel: FrameChannel, context: HandshakeContext, message: Message): WireLink {
  if (message.kind !== 'hello') throw new MessageUnexpectedError(message.kind, 'hello')
  const { self, limits, protocols } = context
  const theirs = { min: message.protocolMin, max: message.protocolMax }
  const protocol = highestCommonProtocol(protocols, theirs)
  if (protocol === undefined) {
    throw new ProtocolMismatchError(channel.address, formatProtocols(protocols), formatProtocols(theirs))
  }
  const { role, node, software } = self
  channel.write(encodeFrame({ kind: 'welcome', protocol, role, node, software }, limits))
  return createLink(channel, context, { message, protocol })
}

function takeWelcome(channel: FrameChannel, context: HandshakeContext, message: Message): WireLink {
  const { protocols } = context
  if (message.kind === 'bye') throw refusalError(channel.address, protocols, message)
  if (message.kind !== 'welcome') throw new MessageUnexpectedError(message.kind, 'welcome')
  const { protocol } = message
  if (protocol < protocols.min || protocol > protocols.max) {
    throw new ProtocolMismatchError(channel.address, formatProtocols(protocols), String(protocol))
  }
  return createLink(channel, context, { message, protocol })
}

function refusalError(
  address: string,
  protocols: ProtocolRange,
  bye: { readonly reason: string; readonly code: string | null },
): ShardlineError {
  if (bye.code === 'WIRE_PROTOCOL_MISMATCH') {
    return new ProtocolMismatchError(address, formatProtocols(protocols), bye.reason)
  }
  if (bye.code === 'WIRE_LISTENER_FULL') return new ListenerFullError(address, bye.reason)
  return new DialFailedError(address, `it refused the handshake: ${bye.reason}`)
}

function createLink(
  channel: FrameChannel,
  { clock, log, limits }: HandshakeContext,
  { message, protocol }: { readonly message: SelfDescription; readonly protocol: number },
): WireLink {
  const { node, role, software } = message
  const peer = { node, role, software, address: channel.address }
  return new WireLink({ channel, clock, log, limits }, { peer, protocol })
}

/** Tells the peer why there will be no link, and closes. */
function sayWhy(channel: FrameChannel, error: ShardlineError, { clock, limits }: HandshakeContext): void {
  channel.write(encodeFrame({ kind: 'bye', reason: clipText(error.message), code: error.code }, limits))
  void closeChannel(channel, clock, limits.closeMsMax)
}
