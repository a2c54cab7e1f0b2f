import type { AskTurn } from '@shardline/wire'
import { ASK_MESSAGES_MAX } from '@shardline/wire'
import { RequestFields } from '../answer/request-fields.ts'
import { GatewayUnsupportedError } from '../gateway-errors.ts'

const CALLS_MAX = 128

/** Reads the messages of a chat as Ollama's clients write them. */
export function readOllamaMessages(body: RequestFields): readonly AskTurn[] {
  const given = body.list('messages', ASK_MESSAGES_MAX) ?? []
  return given.map((message, index) => readMessage(RequestFields.of(message, `messages[${index}]`)))
}

/** @throws GatewayUnsupportedError if there are images. */
export function refuseImages(holder: RequestFields): void {
  holder.refuse(
    'images',
    (value) => Array.isArray(value) && value.length === 0,
    'the models that are served read text',
  )
}

function readMessage(message: RequestFields): AskTurn {
  refuseImages(message)
  const calls = message.list('tool_calls', CALLS_MAX)
  const extra = {
    tool_calls:
      calls?.length === 0
        ? undefined
        : calls?.map((call, index) => readCall(call, message.path(`tool_calls[${index}]`))),
    name: message.text('tool_name') ?? message.text('name'),
  }
  const hasExtra = Object.values(extra).some((value) => value !== undefined)
  return {
    role: message.requiredText('role'),
    content: message.text('content') ?? (calls === undefined ? '' : null),
    extra: hasExtra ? JSON.stringify(extra) : null,
  }
}

function readCall(value: unknown, path: string): unknown {
  const called = RequestFields.of(value, path).fields('function')
  if (called === undefined) throw new GatewayUnsupportedError(path, 'calls are of functions')
  return {
    type: 'function',
    function: { name: called.requiredText('name'), arguments: called.value('arguments') ?? {} },
  }
}
