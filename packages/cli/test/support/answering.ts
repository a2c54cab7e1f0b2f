import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that gives prepared answers by path. */
export interface AnsweringServer extends AsyncDisposable {
  readonly address: string
  /** Paths with queries that were asked for. */
  readonly asked: readonly string[]
}

/** Answers what is prepared for a path, without its query; 404 with text otherwise. */
export async function serveAnswers(
  answers: Readonly<Record<string, { readonly status?: number; readonly text: string }>>,
): Promise<AnsweringServer> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = request.url ?? ''
    asked.push(url)
    const answer = answers[url.split('?')[0] ?? '']
    response.writeHead(answer === undefined ? 404 : (answer.status ?? 200))
    response.end(answer?.text ?? 'no such page')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
