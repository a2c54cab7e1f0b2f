import { WebSocket } from 'ws'

/** A subscriber that keeps what it gets. */
export class EventClient implements AsyncDisposable {
  readonly messages: Readonly<Record<string, unknown>>[] = []
  readonly socket: WebSocket
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>

  constructor(address: string, path: string, headers: Readonly<Record<string, string>> = {}) {
    this.socket = new WebSocket(`${address.replace('http', 'ws')}${path}`, {
      headers,
      handshakeTimeout: 5_000,
    })
    this.socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString()) as Record<string, unknown>)
    })
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
  }

  /** Status and error code with which an upgrade was refused. */
  refused(): Promise<{ readonly status: number | undefined; readonly code: string }> {
    return new Promise((resolve) => {
      this.socket.on('unexpected-response', (_request, response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => {
          const { error } = JSON.parse(text) as { readonly error: { readonly code: string } }
          resolve({ status: response.statusCode, code: error.code })
        })
      })
    })
  }

  /** Resolves when `count` messages have come. */
  async until(count: number): Promise<void> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => {
        this.socket.once('message', () => resolve())
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.closed
  }
}
