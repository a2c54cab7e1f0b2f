import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps room for honest connections: of those that have sent no whole request yet, at most `socketsMax` stay, and one more
 * cuts the oldest.
 */
export function boundSilentSockets(server: Server, socketsMax: number): void {
  // In the order in which they came.
  const silent = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
    if (silent.size <= socketsMax) return
    const [oldest] = silent
    if (oldest === undefined) return
    silent.delete(oldest)
    oldest.destroy()
  })
  server.prependListener('request', ({ socket }) => silent.delete(socket))
}
