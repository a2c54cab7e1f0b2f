import { FrameMalformedError, MessageInvalidError } from './errors.ts'
import type { FrameLimits } from './limits.ts'
import type { MessageKind } from './message.ts'
import type { HeaderOf } from './messages/header-schema.ts'
import type { HiddenMessage } from './messages/hidden.ts'

/** Bytes of one f32. */
const ELEMENT_BYTES = Float32Array.BYTES_PER_ELEMENT

/** Whether messages of this kind carry a payload. */
export function hasPayload(kind: MessageKind): kind is 'hidden' {
  return kind === 'hidden'
}

/**
 * Numbers that the payload of a hidden-state frame must have: sum of rows times hidden size.
 *
 * @throws MessageInvalidError if the header is over the limits on rows or segments.
 */
export function payloadElements(header: HeaderOf<HiddenMessage>, limits: FrameLimits): number {
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

/**
 * The f32 numbers in `bytes`: a view of them, or a copy where they aren't aligned in their buffer.
 *
 * @throws FrameMalformedError if their number isn't `elements`.
 */
export function readPayload(bytes: Uint8Array, elements: number): Float32Array {
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
