import { Type } from '@sinclair/typebox'
import { MarketNotReadyError } from '../../errors.ts'
import type { App, HttpContext } from '../app.ts'
import { record } from '../shapes/shape.ts'

const okShape = record({ ok: Type.Literal(true) })

/** Adds what load balancers and Prometheus ask for. */
export function addHealthRoutes(app: App, context: HttpContext): void {
  const { market, metrics } = context
  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'health',
        summary: 'Whether the process runs. Asks nobody else: restart it when this fails.',
        tags: ['health'],
        response: { 200: okShape },
      },
    },
    () => ({ ok: true as const }),
  )
  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'ready',
        summary: 'Whether requests should come here: the database answers and sweeps run.',
        tags: ['health'],
        response: { 200: okShape },
      },
    },
    async () => {
      await checkReady(context)
      return { ok: true as const }
    },
  )
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'Metrics as Prometheus reads them.',
        tags: ['health'],
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text(market)),
  )
}

/** @throws MarketNotReadyError */
async function checkReady(context: HttpContext): Promise<void> {
  const { market, clock, settings } = context
  const patience = new AbortController()
  const late = clock
    .sleep(settings.readyMsMax, { signal: patience.signal })
    .then(() => false)
    .catch(() => false)
  const answers = market
    .ping()
    .then(() => true)
    .catch(() => false)
  const isAnswering = await Promise.race([answers, late])
  patience.abort()
  if (!isAnswering) throw new MarketNotReadyError('database')
  if (!context.areSweepsAlive()) throw new MarketNotReadyError('sweeps')
}
