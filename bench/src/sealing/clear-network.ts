import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@shardline/core'
import type { FrameChannel } from '@shardline/wire'
import { MemoryNetwork } from '@shardline/wire'
import { WebSocket, WebSocketServer } from 'ws'
import { ClearChannel } from './clear-channel.ts'

const OPTIONS = { perMessageDeflate: false, maxPayload: 256 * 1024 * 1024 } as const

/**
 * Puts loopback WebSockets where a memory transport has its network. That transport alone may leave its links in clear, because
 * they stay in the process; here, and nowhere in the product, they don't: so all that a clear link does is what a sealed one does,
 * but the sealing.
 */
export class ClearNetwork extends MemoryNetwork implements AsyncDisposable {
  readonly #server: WebSocketServer

  private constructor(server: WebSocketServer) {
    super({ clock: systemClock })
    this.#server = server
  }

  /** Listens on a free port of this machine. */
  static async open(): Promise<ClearNetwork> {
    const server = new WebSocketServer({ ...OPTIONS, host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    return new ClearNetwork(server)
  }

  /** The one listener's address, whichever is asked for. */
  override register(_address: string, accept: (channel: FrameChannel) => void): string {
    this.#server.on('connection', (socket, request) => {
      request.socket.setNoDelay(true)
      accept(new ClearChannel(socket, 'a peer of this machine'))
    })
    const { port } = this.#server.address() as AddressInfo
    return `ws://127.0.0.1:${port}`
  }

  override connect(address: string): FrameChannel {
    const socket = new WebSocket(address, OPTIONS)
    socket.once('upgrade', (response) => response.socket.setNoDelay(true))
    return new ClearChannel(socket, address)
  }

  /** Stops listening; its transports' links end with them. */
  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      for (const socket of this.#server.clients) socket.terminate()
      this.#server.close(() => resolve())
    })
  }
}
