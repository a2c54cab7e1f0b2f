import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** What went over one connection. */
export interface RecordedConnection {
  /** Bytes as they travelled, those of the dialing side first. */
  readonly raw: Buffer
  /** The dialing side's WebSocket payloads without the mask, under which nothing is ever found. */
  readonly unmasked: Buffer
}

/** Stands before a listener, and keeps every byte of each connection, both ways. */
export interface RecordingProxy extends AsyncDisposable {
  /** Where to dial instead of the listener; who has to be there (`#id`) stays. */
  readonly address: string
  /** Where connections go from now on: for what is told of its recorder before it listens. */
  leadTo(target: string): void
  /** In the order in which they were made. */
  connections(): readonly RecordedConnection[]
}

/** Records what comes to a listener at `ws://host:port#id`, or the same with `http` or `relay`. */
export async function recordConnections(target: string): Promise<RecordingProxy> {
  const { protocol, hash } = new URL(target)
  let listener = new URL(target)
  const recorded: { readonly up: Buffer[]; readonly down: Buffer[] }[] = []
  const sockets: Socket[] = []
  const server = createServer((near) => {
    const far = connect(Number(listener.port), listener.hostname)
    const ways = { up: [] as Buffer[], down: [] as Buffer[] }
    recorded.push(ways)
    sockets.push(near, far)
    for (const [from, to, chunks] of [
      [near, far, ways.up],
      [far, near, ways.down],
    ] as const) {
      from.on('data', (chunk: Buffer) => chunks.push(chunk))
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}${hash}`,
    leadTo: (next) => {
      listener = new URL(next)
    },
    connections: () =>
      recorded.map(({ up, down }) => ({
        raw: Buffer.concat([...up, ...down]),
        unmasked: unmask(Buffer.concat(up)),
      })),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Payloads of a client's WebSocket frames (RFC 6455, 5.2), behind its HTTP request. */
function unmask(bytes: Buffer): Buffer {
  const payloads: Buffer[] = []
  let at = bytes.indexOf('\r\n\r\n') + 4
  while (at + 2 <= bytes.length) {
    const short = bytes.readUInt8(at + 1) & 0x7f
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    const maskAt = at + 2 + lengthBytes
    if (maskAt + 4 > bytes.length) break
    const length =
      lengthBytes === 0
        ? short
        : bytes.readUIntBE(maskAt - Math.min(lengthBytes, 6), Math.min(lengthBytes, 6))
    const start = maskAt + 4
    payloads.push(
      Buffer.from(
        bytes
          .subarray(start, start + length)
          .map((byte, index) => byte ^ bytes.readUInt8(maskAt + (index % 4))),
      ),
    )
    at = start + length
  }
  return Buffer.concat(payloads)
}
