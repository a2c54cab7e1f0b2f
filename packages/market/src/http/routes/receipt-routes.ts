import { requestId } from '../../ids.ts'
import type { App, HttpContext } from '../app.ts'
import { signerOf } from '../authenticate.ts'
import { requestIdText } from '../shapes/parts.ts'
import { receiptListShape } from '../shapes/request-shapes.ts'
import { record } from '../shapes/shape.ts'

/** Adds reading the receipts of a request. */
export function addReceiptRoutes(app: App, { market }: HttpContext): void {
  app.get(
    '/v1/requests/:id/receipts',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'getReceipts',
        summary:
          'The receipts that were accepted for a request, to one of its parties; none before its delivery.',
        tags: ['requests'],
        params: record({ id: requestIdText }),
        response: { 200: receiptListShape },
      },
    },
    async (request) => {
      const receipts = await market.receipts(signerOf(request), requestId(request.params.id))
      return { receipts: receipts.map((receipt) => ({ ...receipt })) }
    },
  )
}
