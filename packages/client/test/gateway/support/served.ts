import { SeededRandom, silentLog, systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { serveGateway } from '../../../src/index.ts'
import type { GatewayServer, ServeGatewayOptions } from '../../../src/index.ts'
import { SourceDouble } from './source-double.ts'

/** A gateway over a double, with the official clients of both APIs. */
export interface Served extends AsyncDisposable {
  readonly source: SourceDouble
  readonly server: GatewayServer
  readonly openai: OpenAI
  readonly ollama: Ollama
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
}

export async function serveDouble(
  options: ServeGatewayOptions = {},
  clock: Clock = systemClock,
): Promise<Served> {
  const source = new SourceDouble()
  const components = { source, clock, random: new SeededRandom(1), log: silentLog }
  const server = await serveGateway(components, options)
  const apiKey = options.accessKey ?? 'none'
  return {
    source,
    server,
    openai: new OpenAI({ baseURL: `${server.address}/v1`, apiKey, maxRetries: 0 }),
    ollama: new Ollama({ host: server.address, headers: { authorization: `Bearer ${apiKey}` } }),
    post: (path, body, headers = {}) =>
      fetch(server.address + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Waits until something holds; the test's own limit of time ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
