import { RequestFields } from '../answer/request-fields.ts'
import { findModel } from '../answer/find-model.ts'
import { GatewayFieldError } from '../gateway-errors.ts'
import type { App, GatewayContext } from '../http/app.ts'
import { ollamaTime } from './ollama-time.ts'
import { modelDetails } from './tags.ts'

/** Adds `/api/show`. */
export function addOllamaShow(app: App, context: GatewayContext): void {
  app.post('/api/show', async (http) => {
    const body = RequestFields.of(http.body)
    const given = body.text('model') ?? body.text('name')
    if (given === undefined) throw new GatewayFieldError('model', 'given, as a string')
    const offered = await findModel(context, given)
    return {
      modelfile: `FROM ${offered.model}\n`,
      parameters: '',
      template: '',
      license: '',
      modified_at: ollamaTime(context.startedAtSeconds * 1000),
      details: modelDetails(),
      model_info: {
        'general.architecture': 'shardline',
        'shardline.context_length': offered.contextLength,
        'shardline.block_count': offered.layerCount,
        'shardline.digest': offered.digest,
      },
      capabilities: ['completion', ...(offered.hasTools ? ['tools'] : [])],
    }
  })
}
