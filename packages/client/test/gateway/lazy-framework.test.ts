import { createRequire } from 'node:module'
import t from 'tap'

const loaded = createRequire(import.meta.url).cache

/** Whether the gateway's web framework is loaded in this process. */
const isFrameworkLoaded = (): boolean =>
  Object.keys(loaded).some((path) => path.replaceAll('\\', '/').includes('/node_modules/fastify/'))

t.test('who imports the package holds no web framework before a gateway is built', async (t) => {
  await import('../../src/index.ts')
  t.notOk(isFrameworkLoaded())
  await import('../../src/gateway/http/build-app.ts')
  t.ok(isFrameworkLoaded())
})
