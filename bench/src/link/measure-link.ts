import type { HiddenMessage, Message } from '@shardline/wire'
import type { Flow } from './link-results.ts'
import type { LinkSubject } from './link-subject.ts'

/** Numbers in one row of the frames that are sent. */
const HIDDEN_SIZE = 1024

/** Frames that are on the way at the same time when they are streamed. */
const WINDOW_FRAMES = 16

/** A frame with this many bytes of hidden states. */
export function frameOf(bytes: number): HiddenMessage {
  const payload = Float32Array.from({ length: bytes / Float32Array.BYTES_PER_ELEMENT }, (_, i) => Math.sin(i))
  return {
    kind: 'hidden',
    pipeline: 'bench',
    epoch: 0,
    hiddenSize: HIDDEN_SIZE,
    open: [],
    segments: [{ session: 's', turn: 0, position: 0, rows: payload.length / HIDDEN_SIZE, use: 'none' }],
    close: [],
    trace: [],
    payload,
  }
}

/** What {@link measureFrames} sends. */
export interface FramesInit {
  readonly message: Message
  readonly frames: number
  readonly flow: Flow
  /** Milliseconds. */
  readonly now: () => number
}

/** Microseconds per frame, from one end to the other. */
export async function measureFrames(subject: LinkSubject, init: FramesInit): Promise<number> {
  const { message, frames, flow, now } = init
  const window = flow === 'streamed' ? WINDOW_FRAMES : 1
  const startedMs = now()
  for (let sent = 0; sent < frames; sent += window) {
    const count = Math.min(window, frames - sent)
    for (let i = 0; i < count; i++) void subject.send(message)
    for (let i = 0; i < count; i++) await subject.next()
  }
  return ((now() - startedMs) / frames) * 1000
}

/** Microseconds per link that is made and closed again. */
export async function measureLinks(
  connect: () => Promise<void>,
  { links, now }: { readonly links: number; readonly now: () => number },
): Promise<number> {
  const startedMs = now()
  for (let i = 0; i < links; i++) await connect()
  return ((now() - startedMs) / links) * 1000
}
