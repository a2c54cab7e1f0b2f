import { assert, ShardlineError } from '@shardline/core'
import { platform } from '#platform'
import { CATALOGUE, kindOfId } from './catalogue.ts'
import { conform } from './conform.ts'
import {
  FrameMalformedError,
  FrameTooLargeError,
  FrameVersionError,
  MessageKindUnknownError,
} from './errors.ts'
import { guardHeader } from './header-guard.ts'
import type { FrameLimits } from './limits.ts'
import { WIRE_LIMITS_DEFAULT } from './limits.ts'
import type { Message, MessageKind } from './message.ts'
import { hasPayload, payloadBytes, payloadFrom } from './payload.ts'

/** Bytes before a frame's header; docs/reference/wire.md lists them one by one. */
export const FRAME_PREFIX_BYTES = 16

/** Version of the frame's layout. It changes only if the bytes before the header do. */
export const FRAME_VERSION = 1

/** The header is padded with zeros to a multiple of this, so that a frame's payload is aligned for f32. */
const ALIGNMENT_BYTES = 4

/** "SL", little-endian. */
const MAGIC = 0x4c53

// The payload is copied, not converted.
assert(new Uint8Array(new Uint16Array([1]).buffer)[0] === 1, 'Shardline needs a little-endian machine')

/**
 * Writes a message as one frame. The frame shares no memory with the message.
 * Fields that the message's type doesn't have are left out.
 *
 * @throws MessageKindUnknownError, MessageInvalidError, FrameTooLargeError.
 */
export function encodeFrame(message: Message, limits: FrameLimits = WIRE_LIMITS_DEFAULT): Uint8Array {
  const { kind, payload, ...fields } = message as Message & { readonly payload?: unknown }
  if (!Object.hasOwn(CATALOGUE, kind)) throw new MessageKindUnknownError(String(kind).slice(0, 64))
  const header = conform(kind, fields)
  const body = payloadBytes(kind, { header, payload }, limits)
  const packed = platform.packHeader(header)
  const headerBytes = packed.byteLength
  const payloadStart = alignedEnd(headerBytes)
  const frameBytes = payloadStart + body.byteLength
  checkSizes(headerBytes, frameBytes, limits)
  const frame = platform.allocate(frameBytes)
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_PREFIX_BYTES)
  view.setUint16(0, MAGIC, true)
  view.setUint8(2, FRAME_VERSION)
  view.setUint8(3, 0)
  view.setUint32(4, CATALOGUE[kind].id, true)
  view.setUint32(8, headerBytes, true)
  view.setUint32(12, body.byteLength, true)
  frame.set(packed, FRAME_PREFIX_BYTES)
  frame.fill(0, FRAME_PREFIX_BYTES + headerBytes, payloadStart)
  frame.set(body, payloadStart)
  return frame
}

/**
 * Reads one frame. A payload is a view of `bytes` where they are aligned, so `bytes` must not be written to later.
 * Header fields that the message's type doesn't have are ignored.
 *
 * @throws FrameTooLargeError, FrameMalformedError, FrameVersionError, MessageKindUnknownError, MessageInvalidError;
 * nothing else, whatever the bytes are.
 */
export function decodeFrame(bytes: Uint8Array, limits: FrameLimits = WIRE_LIMITS_DEFAULT): Message {
  try {
    return readFrame(bytes, limits)
  } catch (cause) {
    if (cause instanceof ShardlineError) throw cause
    throw new FrameMalformedError('the header is not readable', {}, cause)
  }
}

function readFrame(bytes: Uint8Array, limits: FrameLimits): Message {
  const { kind, headerBytes } = readPrefix(bytes, limits)
  const headerEnd = FRAME_PREFIX_BYTES + headerBytes
  const payloadStart = alignedEnd(headerBytes)
  const headerSpan = bytes.subarray(FRAME_PREFIX_BYTES, headerEnd)
  guardHeader(headerSpan)
  for (let i = headerEnd; i < payloadStart; i++) {
    if (bytes[i] !== 0) throw new FrameMalformedError('the padding after the header is not zero')
  }
  const header = conform(kind, platform.unpackHeader(headerSpan) as object)
  // The schema of `kind` has just been checked, and is shown equal to the message's interface where it is declared.
  if (!hasPayload(kind)) {
    if (payloadStart !== bytes.length) throw new FrameMalformedError(`message ${kind} has no payload`)
    return { kind, ...header } as unknown as Message
  }
  const payload = payloadFrom(kind, { header, bytes: bytes.subarray(payloadStart) }, limits)
  return { kind, ...header, payload } as unknown as Message
}

interface Prefix {
  readonly kind: MessageKind
  readonly headerBytes: number
}

function readPrefix(bytes: Uint8Array, limits: FrameLimits): Prefix {
  if (bytes.length > limits.frameBytesMax)
    throw new FrameTooLargeError('frame', bytes.length, limits.frameBytesMax)
  if (bytes.length < FRAME_PREFIX_BYTES) {
    throw new FrameMalformedError(`${bytes.length} bytes, and the prefix alone has ${FRAME_PREFIX_BYTES}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_PREFIX_BYTES)
  if (view.getUint16(0, true) !== MAGIC) throw new FrameMalformedError('it does not begin with "SL"')
  if (view.getUint8(2) !== FRAME_VERSION) throw new FrameVersionError(view.getUint8(2), FRAME_VERSION)
  if (view.getUint8(3) !== 0) throw new FrameMalformedError('it has flags that this version does not know')
  const id = view.getUint32(4, true)
  const kind = kindOfId(id)
  if (kind === undefined) throw new MessageKindUnknownError(id)
  const headerBytes = view.getUint32(8, true)
  const payloadBytes = view.getUint32(12, true)
  const frameBytes = alignedEnd(headerBytes) + payloadBytes
  checkSizes(headerBytes, frameBytes, limits)
  if (frameBytes !== bytes.length) {
    throw new FrameMalformedError('its lengths do not add up', {
      bytes: bytes.length,
      headerBytes,
      payloadBytes,
    })
  }
  return { kind, headerBytes }
}

/** Where the payload begins: after prefix, header and padding. */
function alignedEnd(headerBytes: number): number {
  return Math.ceil((FRAME_PREFIX_BYTES + headerBytes) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES
}

function checkSizes(headerBytes: number, frameBytes: number, limits: FrameLimits): void {
  if (headerBytes > limits.headerBytesMax) {
    throw new FrameTooLargeError('frame header', headerBytes, limits.headerBytesMax)
  }
  if (frameBytes > limits.frameBytesMax)
    throw new FrameTooLargeError('frame', frameBytes, limits.frameBytesMax)
}
