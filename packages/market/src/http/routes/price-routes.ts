import { LAYERS_MAX } from '@shardline/core'
import { Type } from '@sinclair/typebox'
import { modelId } from '../../ids.ts'
import { PAGE_ITEMS_MAX } from '../../limits.ts'
import type { App, HttpContext } from '../app.ts'
import { signerOf } from '../authenticate.ts'
import { readWhole } from '../read-value.ts'
import { modelIdText, positiveText, tokensAsked, wholeText } from '../shapes/parts.ts'
import {
  modelListShape,
  modelPriceShape,
  priceHistoryShape,
  priceListShape,
  quoteShape,
} from '../shapes/price-shapes.ts'
import { record, whole } from '../shapes/shape.ts'
import { toJson } from '../shapes/to-json.ts'

const TAGS = ['prices']

/** Adds models, prices and quotes. Reading them needs no signature. */
export function addPriceRoutes(app: App, context: HttpContext): void {
  addModels(app, context)
  addPrices(app, context)
  addQuote(app, context)
}

function addModels(app: App, { market }: HttpContext): void {
  app.get(
    '/v1/models',
    {
      schema: {
        operationId: 'listModels',
        summary: 'Models on the market.',
        tags: TAGS,
        response: { 200: modelListShape },
      },
    },
    async () => ({
      models: toJson(
        (await market.prices()).map(({ model, layerCount, basePrice }) => ({ model, layerCount, basePrice })),
      ),
    }),
  )
  app.put(
    '/v1/models',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'setModel',
        summary: 'Add a model, or set its base price. Operators only.',
        tags: TAGS,
        body: record({
          model: modelIdText,
          layerCount: whole(1, LAYERS_MAX),
          basePrice: Type.Optional(positiveText),
        }),
        response: { 200: modelPriceShape },
      },
    },
    async (request) => {
      const { model, layerCount, basePrice } = request.body
      const price = await market.setModel(signerOf(request), {
        model: modelId(model),
        layerCount,
        ...(basePrice === undefined ? {} : { basePrice: readWhole('basePrice', basePrice) }),
      })
      return toJson(price)
    },
  )
}

function addPrices(app: App, { market }: HttpContext): void {
  app.get(
    '/v1/prices',
    {
      schema: {
        operationId: 'listPrices',
        summary: 'What every model costs now.',
        tags: TAGS,
        response: { 200: priceListShape },
      },
    },
    async () => ({ models: toJson(await market.prices()) }),
  )
  app.get(
    '/v1/prices/history',
    {
      schema: {
        operationId: 'listPricePoints',
        summary: "A model's price after each event, newest first.",
        tags: TAGS,
        querystring: record({
          model: modelIdText,
          beforeSeq: Type.Optional(wholeText),
          limit: Type.Optional(whole(1, PAGE_ITEMS_MAX)),
        }),
        response: { 200: priceHistoryShape },
      },
    },
    async ({ query }) => {
      const points = await market.priceHistory(modelId(query.model), {
        ...(query.beforeSeq === undefined ? {} : { beforeSeq: readWhole('beforeSeq', query.beforeSeq) }),
        ...(query.limit === undefined ? {} : { limit: query.limit }),
      })
      return { points: toJson(points) }
    },
  )
}

function addQuote(app: App, { market }: HttpContext): void {
  app.get(
    '/v1/quote',
    {
      config: { access: 'optional' },
      schema: {
        operationId: 'quote',
        summary:
          'What a request would cost now. Binds nobody. A signed one also says how much of it the signer can pay.',
        tags: TAGS,
        querystring: record({
          model: modelIdText,
          promptTokensMax: tokensAsked,
          outputTokensMax: tokensAsked,
        }),
        response: { 200: quoteShape },
      },
    },
    async ({ query, party }) => {
      const { model, promptTokensMax, outputTokensMax } = query
      const quote = await market.quote({
        model: modelId(model),
        promptTokensMax,
        outputTokensMax,
        ...(party === undefined ? {} : { user: party }),
      })
      return toJson(quote)
    },
  )
}
