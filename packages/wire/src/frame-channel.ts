import type { Clock, ShardlineError } from '@shardline/core'

/** What a channel tells its owner. All are called from the channel's own events, never from inside a call to it. */
export interface ChannelHandlers {
  /** One frame came. Not called while the channel is paused, but for what it had already read. */
  readonly onFrame: (bytes: Uint8Array) => void
  /** Some bytes left the send buffer. */
  readonly onDrain: () => void
  /** The peer sent what can't be a frame; nothing more will come. */
  readonly onBroken: (error: ShardlineError) => void
  /** The channel is gone, for the reason that `detail` gives. Called once. */
  readonly onGone: (detail: string) => void
}

/** A pipe of whole frames to one peer, below a link: it moves bytes, and knows nothing of messages. */
export interface FrameChannel {
  /** Where the peer is, for messages. */
  readonly address: string
  /** Bytes that were written and haven't left yet. */
  readonly bufferedBytes: number
  /** Resolves, never rejects, when the channel is gone. */
  readonly closed: Promise<void>
  /** Sets who is told; replaces the one before. What happened before is told at once. */
  attach(handlers: ChannelHandlers): void
  /** Sends a frame, in order. Ignored once the channel closes. The bytes must not change afterwards. */
  write(frame: Uint8Array): void
  /** Stops reading from the peer. */
  pause(): void
  resume(): void
  /** Closes in good order after what was written. */
  close(): void
  /** Cuts the channel at once. */
  destroy(): void
}

/** Handlers of a channel that nobody listens to any more. */
export const IGNORE_CHANNEL: ChannelHandlers = Object.freeze({
  onFrame: () => undefined,
  onDrain: () => undefined,
  onBroken: () => undefined,
  onGone: () => undefined,
})

/** Closes `channel` in good order, and cuts it if that takes longer than `closeMsMax`. Resolves when it is gone. */
export async function closeChannel(channel: FrameChannel, clock: Clock, closeMsMax: number): Promise<void> {
  const done = new AbortController()
  channel.resume()
  channel.close()
  clock.sleep(closeMsMax, { signal: done.signal }).then(
    () => channel.destroy(),
    () => undefined,
  )
  await channel.closed
  done.abort()
}
