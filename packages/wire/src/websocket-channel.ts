import type { ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { WebSocket } from 'ws'
import { deferred } from './deferred.ts'
import { FrameMalformedError, FrameTooLargeError } from './errors.ts'
import type { ChannelHandlers, FrameChannel } from './frame-channel.ts'
import { IGNORE_CHANNEL } from './frame-channel.ts'
import { PONG_BUFFER_BYTES_MAX } from './limits.ts'

/** Close codes of RFC 6455, section 7.4.1. */
const CLOSE_NORMAL = 1000
const CLOSE_TOO_BIG = 1009

/** Options of a {@link WebSocketChannel}. */
export interface WebSocketChannelInit {
  readonly address: string
  /** The socket's `maxPayload`, for the error. */
  readonly frameBytesMax: number
}

/** Frames as binary WebSocket messages, one each. */
export class WebSocketChannel implements FrameChannel {
  readonly address: string
  readonly closed: Promise<void>
  readonly #socket: WebSocket
  readonly #frameBytesMax: number
  #handlers: ChannelHandlers = IGNORE_CHANNEL
  #broken: ShardlineError | undefined
  #detail: string | undefined
  #goneDetail: string | undefined

  constructor(socket: WebSocket, init: WebSocketChannelInit) {
    const { promise, resolve } = deferred<void>()
    this.closed = promise
    this.address = init.address
    this.#socket = socket
    this.#frameBytesMax = init.frameBytesMax
    socket.on('message', (data, isBinary) => {
      // Every message is one Buffer: binaryType is left at its default.
      if (isBinary) this.#handlers.onFrame(data as Buffer)
      else this.#onBroken(new FrameMalformedError('a text message instead of a binary one'))
    })
    socket.on('ping', (data) => {
      if (socket.bufferedAmount <= PONG_BUFFER_BYTES_MAX) socket.pong(data)
    })
    socket.on('error', (cause) => this.#onError(cause))
    socket.on('close', (code) => {
      this.#goneDetail = this.#detail ?? describeClose(code)
      this.#handlers.onGone(this.#goneDetail)
      resolve()
    })
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers
    if (this.#broken !== undefined) handlers.onBroken(this.#broken)
    if (this.#goneDetail !== undefined) handlers.onGone(this.#goneDetail)
  }

  write(frame: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame, this.#onSent)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.close(CLOSE_NORMAL)
  }

  destroy(): void {
    this.#socket.terminate()
  }

  /** Cuts the channel because of what the peer sent. */
  fail(error: ShardlineError): void {
    this.#onBroken(error)
    this.destroy()
  }

  /** One function for all frames. A failure also shows as the socket's `close`. */
  readonly #onSent = (): void => this.#handlers.onDrain()

  #onError(cause: Error & { readonly code?: string }): void {
    const code = cause.code ?? ''
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
      this.#onBroken(new FrameTooLargeError('frame', undefined, this.#frameBytesMax))
    } else if (code.startsWith('WS_ERR_')) {
      this.#onBroken(
        new FrameMalformedError(`it breaks the WebSocket protocol (${cause.message})`, {}, cause),
      )
    } else {
      this.#detail = describeError(cause)
    }
  }

  #onBroken(error: ShardlineError): void {
    this.#broken = error
    this.#handlers.onBroken(error)
  }
}

/** Failed connections to several addresses of one name come as one error without a text of its own. */
function describeError(cause: Error & { readonly code?: string }): string {
  if (cause.message !== '') return cause.message
  return cause.code ?? fromUnknown(cause).code
}

function describeClose(code: number): string {
  if (code === CLOSE_TOO_BIG) return 'the peer takes no frame that large'
  return code === CLOSE_NORMAL
    ? 'the connection ended without a goodbye'
    : `the connection was lost (${code})`
}
