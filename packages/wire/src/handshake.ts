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
  PeerRefusedError,
  PeerWrongError,
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
import { writeRefusal } from './secure/handshake-record.ts'
import type { LinkSecurity } from './secure/link-security.ts'
import { formatHex } from './secure/link-security.ts'
import type { SecureChannelInit } from './secure/secure-channel.ts'
import { secureChannel } from './secure/secure-channel.ts'
import type { DialOptions, SelfDescription } from './transport.ts'
import { WireLink } from './wire-link.ts'

/** What a side brings into its handshakes. */
export interface HandshakeContext {
  readonly clock: Clock
  readonly log: Log
  readonly limits: WireLimits
  readonly self: SelfDescription
  readonly protocols: ProtocolRange
  /** Undefined leaves links in clear, which only links inside one process may be. */
  readonly security: LinkSecurity | undefined
}

/** A channel on which two sides introduce themselves, and what the peer has proved of itself. */
interface Introduced {
  readonly channel: FrameChannel
  readonly publicKey: Uint8Array | undefined
}

/**
 * The accepting side: seals the channel, asks whether the peer is welcome, waits for `hello`, and answers `welcome` with
 * the highest version that both speak. `checkRoom` throws if there is no room for one more link.
 *
 * @throws HandshakeFailedError, PeerRefusedError, ProtocolMismatchError, LinkTimeoutError, LinkClosedError, what
 * `checkRoom` throws, or the named error of a bad frame; the peer is told.
 */
export function acceptLink(
  channel: FrameChannel,
  context: HandshakeContext,
  checkRoom: () => void,
): Promise<WireLink> {
  const goneError = (detail: string): ShardlineError => new LinkClosedError(channel.address, detail)
  return withPatience({ channel, context, signal: undefined }, async (signal) => {
    const introduced = await secure(channel, context, {
      side: 'accepting',
      opened: Promise.resolve(),
      signal,
      expectPublicKey: undefined,
      goneError,
    })
    await admit(introduced, context, signal)
    return exchange(introduced.channel, context, {
      signal,
      onFirst: (message) => {
        checkRoom()
        return welcome(introduced, context, message)
      },
      goneError,
    })
  })
}

/**
 * The dialing side: seals the channel, says `hello`, waits for `welcome`. `opened` resolves when the channel can be
 * written to.
 *
 * @throws PeerWrongError, PeerRefusedError, HandshakeFailedError, ProtocolMismatchError, ListenerFullError,
 * DialFailedError, LinkTimeoutError, AbortedError, or the named error of a bad frame.
 */
export function dialLink(
  channel: FrameChannel,
  context: HandshakeContext,
  options: DialOptions & { readonly opened: Promise<void> },
): Promise<WireLink> {
  const { opened, expectPublicKey } = options
  const goneError = (detail: string): ShardlineError => new DialFailedError(channel.address, detail)
  return withPatience({ channel, context, signal: options.signal }, async (signal) => {
    const introduced = await secure(channel, context, {
      side: 'dialing',
      opened,
      signal,
      expectPublicKey,
      goneError,
    })
    introduced.channel.write(encodeFrame(helloOf(context), context.limits))
    return exchange(introduced.channel, context, {
      signal,
      onFirst: (message) => takeWelcome(introduced, context, message),
      goneError,
    })
  })
}

/** Tells the peer that the listener is full, and closes. */
export function refuseLink(channel: FrameChannel, context: HandshakeContext): void {
  channel.attach(IGNORE_CHANNEL)
  const error = fullError(context)
  if (context.security === undefined) sayWhy(channel, error, context)
  else sayWhyInClear(channel, error, context)
}

/** What the peer of a full listener is told. */
export function fullError({ self, limits }: HandshakeContext): ListenerFullError {
  return new ListenerFullError(self.node, `it has ${limits.linksPerListenerMax}, its limit`)
}

interface Patience {
  readonly channel: FrameChannel
  readonly context: HandshakeContext
  /** The caller's. */
  readonly signal: AbortSignal | undefined
}

/** Runs a handshake with a signal whose reason is the error to fail with: the time is over, or the caller gave up. */
async function withPatience<T>(
  { channel, context, signal }: Patience,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, limits } = context
  const over = new AbortController()
  const done = new AbortController()
  const onAbort = (): void => over.abort(new AbortedError('the dialing', signal?.reason))
  signal?.addEventListener('abort', onAbort, { signal: done.signal })
  if (signal?.aborted === true) onAbort()
  clock.sleep(limits.handshakeMsMax, { signal: done.signal }).then(
    () => over.abort(new LinkTimeoutError(channel.address, 'handshake', limits.handshakeMsMax)),
    () => undefined,
  )
  try {
    return await work(over.signal)
  } finally {
    done.abort()
  }
}

type SecureInit = Omit<SecureChannelInit, 'security' | 'limits'>

async function secure(
  channel: FrameChannel,
  context: HandshakeContext,
  init: SecureInit,
): Promise<Introduced> {
  const { security, limits } = context
  if (security === undefined) return inClear(channel, init)
  try {
    return await secureChannel(channel, { ...init, security, limits })
  } catch (cause) {
    const error = fromUnknown(cause)
    sayWhyInClear(channel, error, context)
    throw error
  }
}

/** A peer in this process proves nothing, so nobody can be expected. */
function inClear(channel: FrameChannel, { expectPublicKey }: SecureInit): Introduced {
  if (expectPublicKey === undefined) return { channel, publicKey: undefined }
  channel.destroy()
  throw new PeerWrongError(channel.address, formatHex(expectPublicKey), 'somebody who proves nothing')
}

async function admit(
  { channel, publicKey }: Introduced,
  context: HandshakeContext,
  signal: AbortSignal,
): Promise<void> {
  const { security } = context
  if (security === undefined || publicKey === undefined) return
  try {
    const isAdmitted = await Promise.race([security.admit(publicKey), whenAborted(signal)])
    if (isAdmitted) return
    throw signal.aborted
      ? fromUnknown(signal.reason)
      : new PeerRefusedError(
          channel.address,
          `${context.self.node} takes no links from ${security.formatKey(publicKey)}`,
        )
  } catch (cause) {
    const error = fromUnknown(cause)
    sayWhy(channel, error, context)
    throw error
  }
}

function whenAborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false)
    signal.addEventListener('abort', () => resolve(false), { once: true })
  })
}

interface Exchange {
  /** Gives up; its reason is the error. */
  readonly signal: AbortSignal
  /** Makes the link of the peer's first message, at once, so that the link hears all that follow. */
  readonly onFirst: (message: Message) => WireLink
  /** What it means that the channel is gone before that. */
  readonly goneError: (detail: string) => ShardlineError
}

function exchange(channel: FrameChannel, context: HandshakeContext, init: Exchange): Promise<WireLink> {
  const { promise, resolve, reject } = deferred<WireLink>()
  const { signal } = init
  let isDone = false
  const finish = (): boolean => {
    if (isDone) return false
    isDone = true
    signal.removeEventListener('abort', onAbort)
    return true
  }
  const fail = (error: ShardlineError): void => {
    if (!finish()) return
    channel.attach(IGNORE_CHANNEL)
    sayWhy(channel, error, context)
    reject(error)
  }
  const onAbort = (): void => fail(fromUnknown(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  channel.attach({
    onFrame: (bytes) => {
      try {
        const link = init.onFirst(decodeFirst(bytes, context.limits))
        if (finish()) resolve(link)
      } catch (cause) {
        fail(fromUnknown(cause))
      }
    },
    onDrain: () => undefined,
    onBroken: fail,
    onGone: (detail) => fail(init.goneError(detail)),
  })
  if (signal.aborted) onAbort()
  return promise
}

function decodeFirst(bytes: Uint8Array, limits: WireLimits): Message {
  if (bytes.byteLength > limits.handshakeBytesMax) {
    throw new FrameTooLargeError('handshake', bytes.byteLength, limits.handshakeBytesMax)
  }
  return decodeFrame(bytes, limits)
}

function helloOf({ self, protocols }: HandshakeContext): HelloMessage {
  const { role, node, software } = self
  return { kind: 'hello', protocolMin: protocols.min, protocolMax: protocols.max, role, node, software }
}

function welcome(introduced: Introduced, context: HandshakeContext, message: Message): WireLink {
  if (message.kind !== 'hello') throw new MessageUnexpectedError(message.kind, 'hello')
  const { self, limits, protocols } = context
  const { channel } = introduced
  const theirs = { min: message.protocolMin, max: message.protocolMax }
  const protocol = highestCommonProtocol(protocols, theirs)
  if (protocol === undefined) {
    throw new ProtocolMismatchError(channel.address, formatProtocols(protocols), formatProtocols(theirs))
  }
  const { role, node, software } = self
  channel.write(encodeFrame({ kind: 'welcome', protocol, role, node, software }, limits))
  return createLink(introduced, context, { message, protocol })
}

function takeWelcome(introduced: Introduced, context: HandshakeContext, message: Message): WireLink {
  const { protocols } = context
  const { address } = introduced.channel
  if (message.kind === 'bye') throw refusalError(address, protocols, message)
  if (message.kind !== 'welcome') throw new MessageUnexpectedError(message.kind, 'welcome')
  const { protocol } = message
  if (protocol < protocols.min || protocol > protocols.max) {
    throw new ProtocolMismatchError(address, formatProtocols(protocols), String(protocol))
  }
  return createLink(introduced, context, { message, protocol })
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
  if (bye.code === 'WIRE_PEER_REFUSED') return new PeerRefusedError(address, bye.reason)
  return new DialFailedError(address, `it refused the handshake: ${bye.reason}`)
}

function createLink(
  { channel, publicKey }: Introduced,
  { clock, log, limits, security }: HandshakeContext,
  { message, protocol }: { readonly message: SelfDescription; readonly protocol: number },
): WireLink {
  const { node, role, software } = message
  const peer = { node, role, software, address: channel.address, publicKey }
  const key = publicKey === undefined ? undefined : security?.formatKey(publicKey)
  const peerLog = key === undefined ? log : log.child({ peerKey: key })
  return new WireLink({ channel, clock, log: peerLog, limits }, { peer, protocol })
}

/** Tells the peer why there will be no link, and closes. */
function sayWhy(channel: FrameChannel, error: ShardlineError, { clock, limits }: HandshakeContext): void {
  channel.write(encodeFrame({ kind: 'bye', reason: clipText(error.message), code: error.code }, limits))
  void closeChannel(channel, clock, limits.closeMsMax)
}

/** The same while nothing is sealed yet: only the code, because anybody may read it. */
function sayWhyInClear(channel: FrameChannel, error: ShardlineError, context: HandshakeContext): void {
  channel.write(writeRefusal(error.code))
  void closeChannel(channel, context.clock, context.limits.closeMsMax)
}
