import { createServer, request as forward } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How an answer is lost: before the call arrives, after it took effect, or in the middle of the answer. */
export type Loss = 'before' | 'after' | 'within'

/** Stands between a client and a market, and loses answers. */
export interface DroppingProxy extends AsyncDisposable {
  readonly url: string
  /** Calls that came, as `METHOD path`. */
  readonly calls: readonly string[]
  /** Nonces that came. */
  readonly nonces: readonly string[]
  /** Loses the next answers, one each. */
  lose(...losses: readonly Loss[]): void
  /** Answers the next calls with this instead. */
  answer(status: number, text: string, headers?: Readonly<Record<string, string>>): void
}

export async function dropAnswers(target: string): Promise<DroppingProxy> {
  const losses: Loss[] = []
  const answers: { readonly status: number; readonly text: string; readonly headers: object }[] = []
  const calls: string[] = []
  const nonces: string[] = []
  const server = createServer((incoming, outgoing) => {
    calls.push(`${incoming.method} ${incoming.url}`)
    nonces.push(String(incoming.headers['shardline-nonce']))
    const answer = answers.shift()
    if (answer !== undefined) {
      incoming.resume()
      outgoing.writeHead(answer.status, { ...answer.headers }).end(answer.text)
      return
    }
    const loss = losses.shift()
    if (loss === 'before') incoming.socket.destroy()
    else pass({ target, incoming, outgoing, loss })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    nonces,
    lose: (...next) => losses.push(...next),
    answer: (status, text, headers = {}) => answers.push({ status, text, headers }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface PassInit {
  readonly target: string
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly loss: Loss | undefined
}

function pass({ target, incoming, outgoing, loss }: PassInit): void {
  const { method, headers, url } = incoming
  const sent = forward(`${target}${url}`, { method, headers }, (answer) => {
    const parts: Buffer[] = []
    answer.on('data', (part: Buffer) => parts.push(part))
    answer.on('end', () => {
      const body = Buffer.concat(parts)
      if (loss === 'after') {
        incoming.socket.destroy()
        return
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      if (loss === undefined) {
        outgoing.end(body)
        return
      }
      outgoing.write(body.subarray(0, body.length / 2), () => incoming.socket.destroy())
    })
  })
  sent.on('error', () => incoming.socket.destroy())
  incoming.pipe(sent)
}
