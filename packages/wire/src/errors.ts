import type { ErrorDetails } from '@shardline/core'
import { ShardlineError } from '@shardline/core'

/** A frame, or its header, is longer than the limit allows. */
export class FrameTooLargeError extends ShardlineError {
  override readonly name = 'FrameTooLargeError'
  readonly code = 'WIRE_FRAME_TOO_LARGE'

  constructor(part: 'frame' | 'frame header' | 'handshake', bytes: number | undefined, bytesMax: number) {
    const given = bytes === undefined ? `the ${part} is` : `the ${part} has ${bytes} bytes,`
    super(`${given} over the limit of ${bytesMax} bytes`, {
      details: { part, bytes: bytes ?? null, bytesMax },
    })
  }
}

/** Bytes that are no frame: cut short, lengths that don't add up, a header that isn't plain msgpack. */
export class FrameMalformedError extends ShardlineError {
  override readonly name = 'FrameMalformedError'
  readonly code = 'WIRE_FRAME_MALFORMED'

  constructor(what: string, details: ErrorDetails = {}, cause?: unknown) {
    super(`not a frame: ${what}`, { details, cause })
  }
}

/** The frame's layout is of a version that this side doesn't read. */
export class FrameVersionError extends ShardlineError {
  override readonly name = 'FrameVersionError'
  readonly code = 'WIRE_FRAME_VERSION'

  constructor(version: number, supported: number) {
    super(`the frame has layout version ${version}; this side reads version ${supported}`, {
      details: { version, supported },
    })
  }
}

/** The frame's message kind isn't in the catalogue. */
export class MessageKindUnknownError extends ShardlineError {
  override readonly name = 'MessageKindUnknownError'
  readonly code = 'WIRE_MESSAGE_KIND_UNKNOWN'

  constructor(kind: string | number) {
    super(`message kind ${kind} is not in the catalogue of this protocol version`, { details: { kind } })
  }
}

/** A message's fields are not what its kind allows. */
export class MessageInvalidError extends ShardlineError {
  override readonly name = 'MessageInvalidError'
  readonly code = 'WIRE_MESSAGE_INVALID'

  constructor(kind: string, path: string, expected: string) {
    super(`message ${kind} is invalid at ${path === '' ? '/' : path}: ${expected}`, {
      details: { kind, path, expected },
    })
  }
}

/** A valid message came at a time when it has no meaning, for example a second `hello`. */
export class MessageUnexpectedError extends ShardlineError {
  override readonly name = 'MessageUnexpectedError'
  readonly code = 'WIRE_MESSAGE_UNEXPECTED'

  constructor(kind: string, expected: string) {
    super(`message ${kind} came where ${expected} is expected`, { details: { kind, expected } })
  }
}

/** The link is closed, or broke without a goodbye. */
export class LinkClosedError extends ShardlineError {
  override readonly name = 'LinkClosedError'
  readonly code = 'WIRE_LINK_CLOSED'

  constructor(address: string, reason: string, cause?: unknown) {
    super(`the link with ${address} is closed: ${reason}`, { details: { address, reason }, cause })
  }
}

/** The connection ended without the peer's goodbye: somebody cut it, or a side died. What was sent last may be missing. */
export class LinkTruncatedError extends ShardlineError {
  override readonly name = 'LinkTruncatedError'
  readonly code = 'WIRE_LINK_TRUNCATED'

  constructor(address: string, reason: string) {
    super(`the link with ${address} was cut: ${reason}`, { details: { address, reason } })
  }
}

/** The peer didn't answer in time: not in the handshake, or not to pings although its socket is open. */
export class LinkTimeoutError extends ShardlineError {
  override readonly name = 'LinkTimeoutError'
  readonly code = 'WIRE_LINK_TIMEOUT'
  override readonly retryable = true

  constructor(address: string, what: string, waitMs: number) {
    super(`${address} gave no ${what} within ${waitMs} ms`, { details: { address, what, waitMs } })
  }
}

/** More bytes wait to be sent than the limit allows: the sender doesn't await `send`, or too many send at once. */
export class SendBufferFullError extends ShardlineError {
  override readonly name = 'SendBufferFullError'
  readonly code = 'WIRE_SEND_BUFFER_FULL'
  override readonly retryable = true

  constructor(address: string, bytes: number, bytesMax: number) {
    super(`${bytes} bytes wait to be sent to ${address}, over the limit of ${bytesMax}; await each send`, {
      details: { address, bytes, bytesMax },
    })
  }
}

/** More bytes wait for a page's reader of a link than the limit allows: a page can't make its peer wait. */
export class ReceiveBufferFullError extends ShardlineError {
  override readonly name = 'ReceiveBufferFullError'
  readonly code = 'WIRE_RECEIVE_BUFFER_FULL'

  constructor(address: string, bytes: number, bytesMax: number) {
    super(`${bytes} bytes from ${address} wait for their reader, over the limit of ${bytesMax}`, {
      details: { address, bytes, bytesMax },
    })
  }
}

/** Nobody answers at the address, or what answers isn't a Shardline listener. */
export class DialFailedError extends ShardlineError {
  override readonly name = 'DialFailedError'
  readonly code = 'WIRE_DIAL_FAILED'
  override readonly retryable = true

  constructor(address: string, reason: string, cause?: unknown) {
    super(`can't reach ${address}: ${reason}`, { details: { address, reason }, cause })
  }
}

/** The address can't be listened on. */
export class AddressUnusableError extends ShardlineError {
  override readonly name = 'AddressUnusableError'
  readonly code = 'WIRE_ADDRESS_UNUSABLE'

  constructor(address: string, reason: string, cause?: unknown) {
    super(`can't listen on ${address}: ${reason}`, { details: { address, reason }, cause })
  }
}

/** The two sides have no protocol version in common. */
export class ProtocolMismatchError extends ShardlineError {
  override readonly name = 'ProtocolMismatchError'
  readonly code = 'WIRE_PROTOCOL_MISMATCH'

  constructor(address: string, own: string, theirs: string) {
    super(
      `no protocol version in common with ${address}: this side speaks ${own}; the peer says: ${theirs}`,
      {
        details: { address, own, theirs },
      },
    )
  }
}

/** The listener holds as many links as its limit allows. */
export class ListenerFullError extends ShardlineError {
  override readonly name = 'ListenerFullError'
  readonly code = 'WIRE_LISTENER_FULL'
  override readonly retryable = true

  constructor(address: string, reason: string) {
    super(`${address} takes no more links: ${reason}`, { details: { address, reason } })
  }
}

/** A message of the handshake is none, was changed on its way, or proves nothing. */
export class HandshakeFailedError extends ShardlineError {
  override readonly name = 'HandshakeFailedError'
  readonly code = 'WIRE_HANDSHAKE_FAILED'

  constructor(address: string, reason: string) {
    super(`no secure link with ${address}: ${reason}`, { details: { address, reason } })
  }
}

/** The peer proved who it is, and it is not who was dialed. */
export class PeerWrongError extends ShardlineError {
  override readonly name = 'PeerWrongError'
  readonly code = 'WIRE_PEER_WRONG'

  constructor(address: string, expected: string, found: string) {
    super(`${address} is ${found}, not ${expected}, which was expected there`, {
      details: { address, expected, found },
    })
  }
}

/** The listener knows who the peer is, and doesn't take links from it. */
export class PeerRefusedError extends ShardlineError {
  override readonly name = 'PeerRefusedError'
  readonly code = 'WIRE_PEER_REFUSED'

  constructor(address: string, reason: string) {
    super(`the link with ${address} was refused: ${reason}`, { details: { address, reason } })
  }
}

/** A frame doesn't open: a bit of it was changed, it was cut short, or it was sealed on another link. */
export class FrameForgedError extends ShardlineError {
  override readonly name = 'FrameForgedError'
  readonly code = 'WIRE_FRAME_FORGED'

  constructor(address: string, counter: number) {
    super(`frame ${counter} from ${address} does not open: it is not what was sent on this link`, {
      details: { address, counter },
    })
  }
}

/** A frame came that had come before. */
export class FrameReplayedError extends ShardlineError {
  override readonly name = 'FrameReplayedError'
  readonly code = 'WIRE_FRAME_REPLAYED'

  constructor(address: string, counter: number, expected: number) {
    super(`frame ${counter} from ${address} came again in the place of frame ${expected}`, {
      details: { address, counter, expected },
    })
  }
}

/** A frame came before one that was sent earlier: that one was dropped, or the two changed places. */
export class FrameMissingError extends ShardlineError {
  override readonly name = 'FrameMissingError'
  readonly code = 'WIRE_FRAME_MISSING'

  constructor(address: string, counter: number, expected: number) {
    super(`frame ${counter} from ${address} came in the place of frame ${expected}, which is missing`, {
      details: { address, counter, expected },
    })
  }
}

/** A relay has as many registrations, pipes or dials as its limits allow, all together, of one node or from one address. */
export class RelayBusyError extends ShardlineError {
  override readonly name = 'RelayBusyError'
  readonly code = 'WIRE_RELAY_BUSY'
  override readonly retryable = true

  constructor(address: string, reason: string) {
    super(`the relay takes no more for ${address}: ${reason}`, { details: { address, reason } })
  }
}

/** Another process registered with the same key at the same relay: the newest is called, this one isn't any more. */
export class RelayReplacedError extends ShardlineError {
  override readonly name = 'RelayReplacedError'
  readonly code = 'WIRE_RELAY_REPLACED'

  constructor(name: string) {
    super(`another process registered as ${name}; one key is one node at a relay`, { details: { name } })
  }
}

/** The content of a sealed payload is not what its kind allows. The message names the place, never the content. */
export class ContentInvalidError extends ShardlineError {
  override readonly name = 'ContentInvalidError'
  readonly code = 'WIRE_CONTENT_INVALID'

  constructor(what: string, path: string) {
    super(`the ${what} is not valid at ${path === '' ? 'its top' : path}`, { details: { what, path } })
  }
}
