import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps room for honest connections: of those that have sent no whole request yet, at most `socketsMax` stay, and one more
 * cuts the oldest. Gives what cuts all of them: a server that closes waits for them otherwise.
 */
export function boundSilentSockets(server: Server, socketsMax: number): () => void {
  // In the order in which they came.
  const silent = new Set<Socket>()
  let isClosing = false
  const cut = (socket: Socket): void => {
    silent.delete(socket)
    socket.destroy()
  }
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
    const [oldest] = silent
    if (isClosing) cut(socket)
    else if (silent.size > socketsMax && oldest !== undefined) cut(oldest)
  })
  server.prependListener('request', ({ socket }) => silent.delete(socket))
  return () => {
    isClosing = true
    for (const socket of silent) cut(socket)
  }
}
