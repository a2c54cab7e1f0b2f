import type { App } from '../http/app.ts'

/** Release of Ollama whose API this is: clients look at it to know what they may use. */
const OLLAMA_VERSION = '0.6.4'

/** Adds `/api/version`, and the greeting by which clients find out that the server is there. */
export function addOllamaVersion(app: App): void {
  app.get('/api/version', async () => ({ version: OLLAMA_VERSION }))
  app.route({
    method: ['GET', 'HEAD'],
    url: '/',
    handler: async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send('Shardline gateway is running'),
  })
}
