import { createServer } from 'node:net'

/** Whether a loopback port can be listened on. */
export interface PortFacts {
  readonly port: number
  readonly isFree: boolean
}

/** Tries to listen on a loopback port, and lets it go again. */
export function checkPort(port: number): Promise<PortFacts> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve({ port, isFree: false }))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve({ port, isFree: true }))
    })
  })
}
