import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { serveGateway } from '@shardline/client'
import type { GatewayServer, ServeGatewayOptions } from '@shardline/client'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { startAskedCluster } from './asked-cluster.ts'
import type { AskedCluster } from './asked-cluster.ts'
import { sharedCacheFolder } from './test-models.ts'

/** A gateway over a service of the bundled model, and the official clients of its APIs. */
export interface ServedCluster extends AsyncDisposable {
  readonly cluster: AskedCluster
  readonly gateway: GatewayServer
  readonly openai: OpenAI
  readonly ollama: Ollama
}

export async function startServedCluster(options: ServeGatewayOptions = {}): Promise<ServedCluster> {
  const cluster = await startAskedCluster({ cacheFolder: sharedCacheFolder() })
  const source = await cluster.connect()
  const components = { source, clock: systemClock, random: systemRandom, log: silentLog }
  const gateway = await serveGateway(components, options)
  return {
    cluster,
    gateway,
    openai: new OpenAI({ baseURL: `${gateway.address}/v1`, apiKey: 'none', maxRetries: 0 }),
    ollama: new Ollama({ host: gateway.address }),
    [Symbol.asyncDispose]: async () => {
      await gateway.close()
      await cluster[Symbol.asyncDispose]()
    },
  }
}
