import type { AskInput } from '@shardline/wire'
import type { OfferedModel } from '../../answer-source.ts'
import { RequestFields } from '../answer/request-fields.ts'
import { findModel } from '../answer/find-model.ts'
import { plainReader } from '../answer/tool-call.ts'
import type { ReadText } from '../answer/tool-call.ts'
import type { App, GatewayContext } from '../http/app.ts'
import { answerOllama, loaded } from './answer-ollama.ts'
import { refuseImages } from './read-ollama-messages.ts'
import { readOllamaFormat, readOptions } from './read-options.ts'

/** Adds `/api/generate`. */
export function addOllamaGenerate(app: App, context: GatewayContext): void {
  app.post('/api/generate', async (http, reply) => {
    const body = RequestFields.of(http.body)
    const model = body.requiredText('model')
    const offered = await findModel(context, model)
    refuseImages(body)
    body.refuse('suffix', (value) => value === '', 'texts are continued at their end only')
    body.refuse('template', (value) => value === '', "the model's own chat template is used")
    body.refuse('context', (value) => Array.isArray(value) && value.length === 0, 'use /api/chat to go on')
    const prompt = body.text('prompt') ?? ''
    if (prompt === '') return loaded(context, model, { response: '' })
    const { maxTokens, sampling, stopStrings } = readOptions(body)
    return answerOllama(context, reply, {
      model,
      reader: plainReader,
      write: ({ text }: ReadText) => ({ response: text }),
      isStream: body.flag('stream') ?? true,
      content: {
        model: offered.model,
        input: inputOf(body, prompt, offered),
        maxTokens,
        sampling,
        stopStrings,
        choices: 1,
        grammar: readOllamaFormat(body),
      },
    })
  })
}

/** A prompt is a chat of one turn, unless it is raw or the model has no chat template. */
function inputOf(body: RequestFields, prompt: string, { hasChat }: OfferedModel): AskInput {
  const isRaw = body.flag('raw') ?? false
  const system = body.text('system') ?? ''
  if (isRaw || !hasChat) return { kind: 'text', text: prompt }
  const user = { role: 'user', content: prompt, extra: null }
  const messages = system === '' ? [user] : [{ role: 'system', content: system, extra: null }, user]
  return { kind: 'messages', messages, tools: null }
}
