import { connect } from 'node:net'

/** Sends bytes as they are and gives what comes back until the other side closes. */
export function sendRaw(address: string, text: string): Promise<string> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => (answer += part))
    socket.on('close', () => resolve(answer))
    socket.on('error', (cause) => (answer === '' ? reject(cause) : resolve(answer)))
  })
}
