import { setMaxListeners } from 'node:events'
import { CleanupStack } from '@shardline/core'
import { ResponseStore } from './answer/response-store.ts'
import { GatewayAddressError, GatewayKeyRequiredError } from './gateway-errors.ts'
import type { GatewayComponents, GatewayServer, ServeGatewayOptions } from './gateway-server.ts'
import { gatewaySettings } from './gateway-settings.ts'
import { isLoopbackHost } from './http/access.ts'
import { AnswerSlots } from './http/answer-slots.ts'
import type { App, GatewayContext } from './http/app.ts'

/**
 * Serves OpenAI's and Ollama's API over HTTP, answered by a source.
 *
 * @throws GatewayKeyRequiredError if others can reach it and there's no access key; GatewaySettingError;
 * GatewayAddressError if it can't listen there.
 */
export async function serveGateway(
  components: GatewayComponents,
  options: ServeGatewayOptions = {},
): Promise<GatewayServer> {
  const { host = '127.0.0.1', port = 0, ...given } = options
  const settings = gatewaySettings(given)
  if (settings.accessKey === undefined && !isLoopbackHost(host)) throw new GatewayKeyRequiredError(host)
  // Most who import this package serve no gateway: they don't hold a web framework.
  const { buildApp } = await import('./http/build-app.ts')
  const over = new AbortController()
  // Every request that runs listens to it.
  setMaxListeners(0, over.signal)
  const context: GatewayContext = {
    ...components,
    settings,
    slots: new AnswerSlots(settings),
    responses: new ResponseStore(settings),
    over: over.signal,
    startedAtSeconds: Math.floor(components.clock.now() / 1000),
  }
  let isClosing = false
  const app = await buildApp(context, () => isClosing)
  const cleanup = new CleanupStack()
  cleanup.add(() => closeApp(app, context, over))
  cleanup.add(() => {
    isClosing = true
  })
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await cleanup.run()
    throw new GatewayAddressError(`${host}:${port}`, cause)
  }
  const address = addressOf(app, host)
  components.log.info('gateway-serves', { address })
  cleanup.add(() => components.log.info('gateway-closes', { address }))
  const close = (): Promise<void> => cleanup.run()
  return { address, close, [Symbol.asyncDispose]: close }
}

/** Answers in flight get some time to end; those that are left then are cancelled, and their connections cut. */
async function closeApp(app: App, { clock, settings }: GatewayContext, over: AbortController): Promise<void> {
  const patience = new AbortController()
  const late = clock
    .sleep(settings.closeMsMax, { signal: patience.signal })
    .then(() => {
      over.abort()
      app.server.closeAllConnections()
    })
    .catch(() => undefined)
  await app.close()
  patience.abort()
  await late
}

function addressOf(app: App, host: string): string {
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
