import { partyId } from '@shardline/identity'
import { Type } from '@sinclair/typebox'
import { modelId, requestId } from '../../ids.ts'
import { PAGE_ITEMS_MAX } from '../../limits.ts'
import type { OpenInit } from '../../request/inputs.ts'
import type { App, HttpContext } from '../app.ts'
import { signerOf } from '../authenticate.ts'
import { readFilters } from '../read-value.ts'
import { filtersShape } from '../shapes/filters-shape.ts'
import { modelIdText, partyIdText, priceText, requestIdText, tokensAsked } from '../shapes/parts.ts'
import { requestListShape, requestShape } from '../shapes/request-shapes.ts'
import { record, shape, text, whole } from '../shapes/shape.ts'
import type { Shape, ToJson } from '../shapes/shape.ts'
import { toJson } from '../shapes/to-json.ts'

const TAGS = ['requests']
const MS_MAX = 2_147_483_647

const openShape: Shape<OpenInit> = shape<OpenInit>()(
  record({
    id: requestIdText,
    model: modelIdText,
    driver: partyIdText,
    promptTokensMax: tokensAsked,
    outputTokensMax: tokensAsked,
    maxPrice: Type.Optional(priceText),
    priority: Type.Optional(whole(0, 9, 'higher is served first; 0 unless given')),
    maxTimeMs: Type.Optional(whole(1, MS_MAX, 'milliseconds until it fails if it is not delivered')),
    filters: Type.Optional(filtersShape),
    promptCommitment: Type.Optional(
      text('^[0-9a-f]{64}$', 64, '32 bytes in hex that bind the signer to a prompt; needed for comparisons'),
    ),
  }),
)

/** Adds opening a request and reading requests. */
export function addRequestRoutes(app: App, { market }: HttpContext): void {
  app.post(
    '/v1/requests',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'openRequest',
        summary: 'Open a request: locks the price and holds the escrow. Sent again, it answers the same.',
        tags: TAGS,
        body: openShape,
        response: { 200: requestShape },
      },
    },
    async (request) => toJson(await market.open(signerOf(request), readOpen(request.body))),
  )
  app.get(
    '/v1/requests',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'listRequests',
        summary: "The signer's own requests, newest first.",
        tags: TAGS,
        querystring: record({
          before: Type.Optional(requestIdText),
          limit: Type.Optional(whole(1, PAGE_ITEMS_MAX)),
        }),
        response: { 200: requestListShape },
      },
    },
    async (request) => {
      const { before, limit } = request.query
      const requests = await market.requests(signerOf(request), {
        ...(before === undefined ? {} : { before: requestId(before) }),
        ...(limit === undefined ? {} : { limit }),
      })
      return { requests: toJson(requests) }
    },
  )
  app.get(
    '/v1/requests/:id',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'getRequest',
        summary: 'One request, to one of its parties.',
        tags: TAGS,
        params: record({ id: requestIdText }),
        response: { 200: requestShape },
      },
    },
    async (request) => toJson(await market.request(signerOf(request), requestId(request.params.id))),
  )
}

function readOpen(body: ToJson<OpenInit>): OpenInit {
  const { id, model, driver, filters, ...others } = body
  return {
    ...others,
    id: requestId(id),
    model: modelId(model),
    driver: partyId(driver),
    ...(filters === undefined ? {} : { filters: readFilters(filters) }),
  }
}
