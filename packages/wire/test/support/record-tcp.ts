import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** Stands before a server, and keeps what the server sends: WebSocket payloads of servers are not masked. */
export interface TcpRecorder extends AsyncDisposable {
  readonly port: number
  /** All that the server sent so far. */
  readonly sent: () => Buffer
}

/** Records what the server at a port of this machine sends. */
export async function recordTcp(port: number): Promise<TcpRecorder> {
  const chunks: Buffer[] = []
  const sockets: Socket[] = []
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    sockets.push(near, far)
    far.on('data', (chunk: Buffer) => chunks.push(chunk))
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => Buffer.concat(chunks),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
