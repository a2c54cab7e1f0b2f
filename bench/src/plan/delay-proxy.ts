import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A port of this machine behind which another one is, further away than it is. */
export interface DelayProxy extends AsyncDisposable {
  readonly port: number
}

/** Passes connections on to a port of this machine; every byte takes `delayMs` more, each way, and none overtakes another. */
export async function startDelayProxy(targetPort: number, delayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true))
      // A broken connection shows at its other end.
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    passLate(near, far, delayMs)
    passLate(far, near, delayMs)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => {
        server.close(resolve)
      })
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Timers of one length go off in the order in which they were set. */
function passLate(from: Socket, to: Socket, delayMs: number): void {
  from.on('data', (bytes) => void setTimeout(() => to.write(bytes), delayMs))
  from.on('close', () => void setTimeout(() => to.destroy(), delayMs))
}
