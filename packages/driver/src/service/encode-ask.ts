import type { ChatTurn } from '@shardline/model'
import type { AskContent, AskTurn } from '@shardline/wire'
import type { ServedModel } from './served-model.ts'
import { AskInvalidError, InputUnsupportedError } from './service-errors.ts'

/**
 * Token ids of what an ask continues: a chat as the model's own template writes it, a text with the tokens that the
 * checkpoint puts around one, or ids as they are.
 *
 * @throws InputUnsupportedError, AskInvalidError, ChatTemplateError.
 */
export function encodeAsk(input: AskContent['input'], model: ServedModel): readonly number[] {
  if (input.kind === 'ids') return input.ids
  const { tokenizer, chatTemplate } = model
  if (tokenizer === undefined) throw new InputUnsupportedError(model.name, 'a text')
  if (input.kind === 'text') return tokenizer.encode(input.text, { addSpecial: true })
  if (chatTemplate === undefined) throw new InputUnsupportedError(model.name, 'a chat')
  const tools = input.tools === null ? [] : parseTools(input.tools)
  if (tools.length > 0 && !chatTemplate.takesTools) throw new InputUnsupportedError(model.name, 'tools')
  const turns = input.messages.map(parseTurn)
  const text = chatTemplate.render(turns, tools.length > 0 ? { tools } : {})
  return tokenizer.encode(text, { addSpecial: false })
}

function parseTools(json: string): readonly unknown[] {
  const tools = parseJson(json, 'tools')
  if (!Array.isArray(tools)) throw new AskInvalidError('tools is no list')
  return tools
}

function parseTurn({ role, content, extra }: AskTurn, index: number): ChatTurn {
  if (extra === null) return { role, content }
  const what = `extra of message ${index}`
  const fields = parseJson(extra, what)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new AskInvalidError(`${what} is no object`)
  }
  return { role, content, extra: { ...fields } }
}

function parseJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new AskInvalidError(`${what} is no JSON`)
  }
}
