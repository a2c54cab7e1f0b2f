import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** Stands before a listener, and keeps every byte of each connection, both ways. */
export interface RecordingProxy extends AsyncDisposable {
  /** Where to dial instead of the listener; who has to be there (`#id`) stays. */
  readonly address: string
  /** All bytes of each connection, in the order in which they were made. */
  connections(): readonly Buffer[]
}

/** Records what comes to a listener at `ws://host:port#id`. */
export async function recordConnections(target: string): Promise<RecordingProxy> {
  const { hostname, port, hash } = new URL(target)
  const recorded: Buffer[][] = []
  const sockets: Socket[] = []
  const server = createServer((near) => {
    const chunks: Buffer[] = []
    recorded.push(chunks)
    const far = connect(Number(port), hostname)
    sockets.push(near, far)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => chunks.push(chunk))
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}${hash}`,
    connections: () => recorded.map((chunks) => Buffer.concat(chunks)),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
