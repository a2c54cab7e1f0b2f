import { FrameMalformedError, MessageInvalidError } from './errors.ts'
import type { FrameLimits } from './limits.ts'
import { WEIGHTS_BYTES_MAX } from './limits.ts'
import type { MessageKind } from './message.ts'
import type { HeaderOf } from './messages/header-schema.ts'
import type { HiddenMessage } from './messages/hidden.ts'

/** Bytes of one f32. */
const ELEMENT_BYTES = Float32Array.BYTES_PER_ELEMENT

const NO_BYTES = new Uint8Array(0)

/** Whether messages of this kind carry a payload: rows of f32, or plain bytes. */
export function hasPayload(kind: MessageKind): kind is 'hidden' | 'weights' {
  return kind === 'hidden' || kind === 'weights'
}

/**
 * The bytes of a message's payload, as they lie in its memory.
 *
 * @throws MessageInvalidError if the payload isn't what its kind and header ask for.
 */
export function payloadBytes(
  kind: MessageKind,
  { header, payload }: { readonly header: object; readonly payload: unknown },
  limits: FrameLimits,
): Uint8Array {
  if (kind === 'weights') return plainBytes(payload)
  return kind === 'hidden' ? rowBytes(header as HeaderOf<HiddenMessage>, payload, limits) : NO_BYTES
}

/**
 * The payload of a message of a kind that has one: a view of `bytes`, or a copy where they aren't aligned in their buffer.
 *
 * @throws FrameMalformedError if it isn't as long as its kind and header say; MessageInvalidError if the header is over the
 * limits on rows or segments.
 */
export function payloadFrom(
  kind: 'hidden' | 'weights',
  { header, bytes }: { readonly header: object; readonly bytes: Uint8Array },
  limits: FrameLimits,
): Float32Array | Uint8Array {
  if (kind === 'hidden') return readRows(bytes, rowElements(header as HeaderOf<HiddenMessage>, limits))
  if (bytes.byteLength <= WEIGHTS_BYTES_MAX)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  throw new FrameMalformedError(`a payload of ${kind} has at most ${WEIGHTS_BYTES_MAX} bytes`, {
    payloadBytes: bytes.byteLength,
  })
}

function plainBytes(payload: unknown): Uint8Array {
  if (payload instanceof Uint8Array && payload.byteLength <= WEIGHTS_BYTES_MAX) return payload
  const given = payload instanceof Uint8Array ? `${payload.byteLength} bytes` : typeof payload
  throw new MessageInvalidError(
    'weights',
    '/payload',
    `a Uint8Array of at most ${WEIGHTS_BYTES_MAX} bytes, not ${given}`,
  )
}

function rowBytes(header: HeaderOf<HiddenMessage>, payload: unknown, limits: FrameLimits): Uint8Array {
  const elements = rowElements(header, limits)
  if (!(payload instanceof Float32Array) || payload.length !== elements) {
    const given = payload instanceof Float32Array ? `${payload.length} numbers` : typeof payload
    throw new MessageInvalidError('hidden', '/payload', `a Float32Array of ${elements} numbers, not ${given}`)
  }
  return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength)
}

/** Numbers that the payload of a hidden-state frame must have: sum of rows times hidden size. */
function rowElements(header: HeaderOf<HiddenMessage>, limits: FrameLimits): number {
  const { open, segments, close } = header
  for (const [path, entries] of [
    ['/open', open],
    ['/segments', segments],
    ['/close', close],
  ] as const) {
    if (entries.length > limits.segmentsPerFrameMax) {
      throw new MessageInvalidError('hidden', path, `at most ${limits.segmentsPerFrameMax} entries`)
    }
  }
  let rows = 0
  for (const segment of segments) rows += segment.rows
  if (rows > limits.rowsPerFrameMax) {
    throw new MessageInvalidError(
      'hidden',
      '/segments',
      `at most ${limits.rowsPerFrameMax} rows, not ${rows}`,
    )
  }
  return rows * header.hiddenSize
}

function readRows(bytes: Uint8Array, elements: number): Float32Array {
  if (bytes.byteLength !== elements * ELEMENT_BYTES) {
    throw new FrameMalformedError('the payload is not as long as the header says', {
      payloadBytes: bytes.byteLength,
      expectedBytes: elements * ELEMENT_BYTES,
    })
  }
  if (bytes.byteOffset % ELEMENT_BYTES === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, elements)
  const aligned = new Float32Array(elements)
  new Uint8Array(aligned.buffer).set(bytes)
  return aligned
}
