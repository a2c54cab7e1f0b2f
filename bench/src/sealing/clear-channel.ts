import type { ShardlineError } from '@shardline/core'
import { UnexpectedError } from '@shardline/core'
import type { ChannelHandlers, FrameChannel } from '@shardline/wire'
import { WebSocket } from 'ws'

/**
 * Frames as they are over a WebSocket, one message each: what a link costs that nobody seals. It does what the product's
 * channel does with a frame, and has nothing of its care for hostile peers.
 */
export class ClearChannel implements FrameChannel {
  readonly address: string
  readonly closed: Promise<void>
  readonly #socket: WebSocket
  #handlers: ChannelHandlers | undefined
  /** What was written before the socket was open. */
  #early: Uint8Array[] = []
  /** What came before anybody listened. */
  #waiting: Uint8Array[] = []
  #broken: ShardlineError | undefined
  #isGone = false

  constructor(socket: WebSocket, address: string) {
    this.address = address
    this.#socket = socket
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isGone = true
        this.#handlers?.onGone('the connection was lost')
        resolve()
      })
    })
    socket.on('message', (data) => {
      if (this.#handlers === undefined) this.#waiting.push(data as Buffer)
      else this.#handlers.onFrame(data as Buffer)
    })
    socket.on('error', (cause) => {
      this.#broken = new UnexpectedError(cause.message, { cause })
      this.#handlers?.onBroken(this.#broken)
    })
    socket.once('open', () => {
      for (const frame of this.#early) this.write(frame)
      this.#early = []
    })
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers
    for (const frame of this.#waiting.splice(0)) this.#handlers.onFrame(frame)
    if (this.#broken !== undefined) handlers.onBroken(this.#broken)
    if (this.#isGone) handlers.onGone('the connection was lost')
  }

  write(frame: Uint8Array): void {
    const { readyState } = this.#socket
    if (readyState === WebSocket.OPEN) this.#socket.send(frame, this.#onSent)
    else if (readyState === WebSocket.CONNECTING) this.#early.push(frame)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.close()
  }

  destroy(): void {
    this.#socket.terminate()
  }

  readonly #onSent = (): void => this.#handlers?.onDrain()
}
