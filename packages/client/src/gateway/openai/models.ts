import type { OfferedModel } from '../../answer-source.ts'
import { findModel } from '../answer/find-model.ts'
import type { App, GatewayContext } from '../http/app.ts'

/** Adds `/v1/models`, which lists what can be asked now, and `/v1/models/{id}`. */
export function addModels(app: App, context: GatewayContext): void {
  app.get('/v1/models', async () => {
    const offered = await context.source.models()
    return { object: 'list', data: offered.map((model) => modelObject(model, context)) }
  })
  // Ids of models may hold slashes.
  app.get<{ Params: { readonly '*': string } }>('/v1/models/*', async ({ params }) =>
    modelObject(await findModel(context, params['*']), context),
  )
}

function modelObject(offered: OfferedModel, { startedAtSeconds }: GatewayContext): unknown {
  return {
    id: offered.model,
    object: 'model',
    created: startedAtSeconds,
    owned_by: 'shardline',
    shardline: {
      digest: offered.digest,
      context_length: offered.contextLength,
      layers: offered.layerCount,
      chat: offered.hasChat,
      tools: offered.hasTools,
      // Microcredits per 1,000,000 tokens; null without a market.
      price: offered.price ?? null,
    },
  }
}
