import { connect } from 'node:net'
import type { Socket } from 'node:net'

/**
 * A process that attacks a gateway: `flood.ts PORT HALF_OPEN SLOW`. It keeps that many connections open that send half a
 * request, and that many that ask for an endless stream and never read. It says `ready`, and ends with its parent.
 */
const [port, halfOpen, slow] = process.argv.slice(2).map(Number)

const BODY = JSON.stringify({
  model: 'storyteller',
  messages: [{ role: 'user', content: 'flood' }],
  stream: true,
})
const HALF = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-'
const WHOLE = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`

/** Opens a connection from an address of the attacker's own; one that is cut is opened again after a while. */
function attack(address: number, text: string): Promise<void> {
  return new Promise((resolve) => {
    const open = (): void => {
      const socket: Socket = connect({
        port: port ?? 0,
        host: '127.0.0.1',
        localAddress: `127.0.1.${1 + address}`,
      })
      socket.pause()
      socket.on('connect', () => {
        socket.write(text)
        resolve()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        resolve()
        setTimeout(open, 20_000).unref()
      })
    }
    open()
  })
}

process.on('disconnect', () => process.exit(0))
for (let index = 0; index < (halfOpen ?? 0); index += 50) {
  await Promise.all(Array.from({ length: 50 }, (_, at) => attack(at % 8, HALF)))
}
for (let index = 0; index < (slow ?? 0); index++) await attack(8 + (index % 2), WHOLE)
process.send?.('ready')
