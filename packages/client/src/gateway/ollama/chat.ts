import { RequestFields } from '../answer/request-fields.ts'
import { findModel } from '../answer/find-model.ts'
import type { ReadText, ToolCall } from '../answer/tool-call.ts'
import type { App, GatewayContext } from '../http/app.ts'
import { oneGrammar, requireChat } from '../openai/read-chat.ts'
import { readTools } from '../openai/read-tools.ts'
import { answerOllama, loaded } from './answer-ollama.ts'
import { readOllamaMessages } from './read-ollama-messages.ts'
import { readOllamaFormat, readOptions } from './read-options.ts'

/** Adds `/api/chat`. */
export function addOllamaChat(app: App, context: GatewayContext): void {
  app.post('/api/chat', async (http, reply) => {
    const body = RequestFields.of(http.body)
    const model = body.requiredText('model')
    const offered = await findModel(context, model)
    requireChat(offered)
    const messages = readOllamaMessages(body)
    if (messages.length === 0) return loaded(context, model, { message: { role: 'assistant', content: '' } })
    const { toolsMax } = context.settings
    const tools = readTools({ fields: body, model: offered, toolsMax, isNested: true })
    const { maxTokens, sampling, stopStrings } = readOptions(body)
    return answerOllama(context, reply, {
      model,
      reader: tools.reader(),
      write: writeMessage,
      isStream: body.flag('stream') ?? true,
      content: {
        model: offered.model,
        input: { kind: 'messages', messages, tools: tools.tools },
        maxTokens,
        sampling,
        stopStrings,
        choices: 1,
        grammar: oneGrammar(readOllamaFormat(body), tools, 'format'),
      },
    })
  })
}

function writeMessage({ text, calls }: ReadText): Readonly<Record<string, unknown>> {
  const message = { role: 'assistant', content: text }
  return { message: calls.length === 0 ? message : { ...message, tool_calls: calls.map(ollamaCall) } }
}

/** Ollama gives arguments as an object. */
function ollamaCall({ name, arguments: json }: ToolCall): unknown {
  try {
    return { function: { name, arguments: JSON.parse(json) as unknown } }
  } catch {
    return { function: { name, arguments: {} } }
  }
}
