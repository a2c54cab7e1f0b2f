import type { OfferedModel } from '../../answer-source.ts'
import type { App, GatewayContext } from '../http/app.ts'
import { ollamaTime } from './ollama-time.ts'

/** Adds `/api/tags`, which lists what can be asked now, and `/api/ps`: all of it is loaded. */
export function addOllamaTags(app: App, context: GatewayContext): void {
  for (const path of ['/api/tags', '/api/ps']) {
    app.get(path, async () => {
      const offered = await context.source.models()
      return { models: offered.map((model) => tag(model, context)) }
    })
  }
}

/** What Ollama tells of a model's file isn't known of one that is spread over machines: it stands empty. */
export function modelDetails(): Readonly<Record<string, unknown>> {
  return {
    parent_model: '',
    format: 'shardline',
    family: '',
    families: [],
    parameter_size: '',
    quantization_level: '',
  }
}

function tag({ model, digest }: OfferedModel, { startedAtSeconds }: GatewayContext): unknown {
  return {
    name: model,
    model,
    modified_at: ollamaTime(startedAtSeconds * 1000),
    size: 0,
    digest,
    details: modelDetails(),
  }
}
