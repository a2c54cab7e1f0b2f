import { GatewayReaderSlowError } from '../gateway-errors.ts'
import type { App, GatewayContext } from './app.ts'
import { noteFailure } from './failures.ts'
import { onClose } from './on-close.ts'

/**
 * Cuts connections whose client doesn't read a whole answer, given at once, within `readerMsMax`. Streams bound their
 * readers themselves, at every piece.
 */
export function cutSlowReaders(app: App, context: GatewayContext): void {
  const { clock, settings } = context
  app.addHook('onSend', async (request, reply, payload) => {
    const patience = new AbortController()
    onClose(reply.raw, () => patience.abort())
    clock
      .sleep(settings.readerMsMax, { signal: patience.signal })
      .then(() => {
        const error = new GatewayReaderSlowError(settings.readerMsMax)
        noteFailure(context, { error, status: 408, route: request.routeOptions.url ?? '' })
        reply.raw.destroy()
      })
      .catch(() => undefined)
    return payload
  })
}
