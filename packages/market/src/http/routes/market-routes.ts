import type { App, HttpContext } from '../app.ts'
import { marketFactsShape } from '../shapes/node-shapes.ts'

/** Adds what a caller must know before it can sign: whose market this is, and its time. */
export function addMarketRoutes(app: App, { identity, clock, logKey }: HttpContext): void {
  app.get(
    '/v1/market',
    {
      schema: {
        operationId: 'getMarket',
        summary: "The market's id, which signed requests name as their audience, and its time.",
        tags: ['market'],
        response: { 200: marketFactsShape },
      },
    },
    () => ({ id: identity.id, timeMs: clock.now(), ...(logKey === undefined ? {} : { logKey }) }),
  )
}
