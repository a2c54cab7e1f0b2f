import { fastify } from 'fastify'
import { addOllamaChat } from '../ollama/chat.ts'
import { addOllamaGenerate } from '../ollama/generate.ts'
import { addOllamaShow } from '../ollama/show.ts'
import { addOllamaTags } from '../ollama/tags.ts'
import { addOllamaVersion } from '../ollama/version.ts'
import { addChatCompletions } from '../openai/chat-completions.ts'
import { addCompletions } from '../openai/completions.ts'
import { addModels } from '../openai/models.ts'
import { addResponses } from '../openai/responses.ts'
import type { App, GatewayContext } from './app.ts'
import { addFailures, answerClientError, answerFailure } from './failures.ts'
import { readBody } from './read-body.ts'
import { addSecurity } from './security.ts'
import { boundSilentSockets } from './silent-sockets.ts'
import { cutSlowReaders } from './slow-readers.ts'

const CHECK_MS = 1_000

/** Builds the gateway with all its endpoints; it listens when it's told to. */
export async function buildApp(context: GatewayContext, isClosing: () => boolean): Promise<App> {
  const { settings } = context
  const app: App = fastify({
    logger: false,
    bodyLimit: settings.bodyBytesMax,
    trustProxy: false,
    http: {
      maxHeaderSize: settings.headerBytesMax,
      headersTimeout: settings.headersMsMax,
      connectionsCheckingInterval: CHECK_MS,
    },
    requestTimeout: settings.requestMsMax,
    keepAliveTimeout: settings.keepAliveMs,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (cause, request, reply) => answerFailure(context, { cause, request, reply }),
    clientErrorHandler: (cause, socket) => answerClientError(context, cause, socket),
  })
  app.server.maxConnections = settings.socketsMax
  const cutSilent = boundSilentSockets(app.server, settings.socketsSilentMax)
  app.addHook('preClose', async () => cutSilent())
  addFailures(app, context)
  addSecurity(app, context, isClosing)
  cutSlowReaders(app, context)
  addBodyParser(app, settings.jsonDepthMax)
  for (const add of [
    addModels,
    addChatCompletions,
    addCompletions,
    addResponses,
    addOllamaChat,
    addOllamaGenerate,
    addOllamaTags,
    addOllamaShow,
    addOllamaVersion,
  ]) {
    add(app, context)
  }
  await app.ready()
  return app
}

function addBodyParser(app: App, depthMax: number): void {
  app.removeAllContentTypeParsers()
  // curl's -d names a form unless it is told otherwise; what no page may send needs no further guard.
  const types = ['application/json', 'application/x-www-form-urlencoded']
  app.addContentTypeParser(types, { parseAs: 'buffer' }, (_request, bytes: Buffer, done) => {
    try {
      done(null, readBody(bytes, depthMax))
    } catch (cause) {
      done(cause as Error)
    }
  })
}
