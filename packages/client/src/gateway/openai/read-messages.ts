import type { AskTurn } from '@shardline/wire'
import { ASK_MESSAGES_MAX } from '@shardline/wire'
import { RequestFields } from '../answer/request-fields.ts'
import { GatewayFieldError, GatewayUnsupportedError } from '../gateway-errors.ts'

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const
const PARTS_MAX = 1024
/** Types of parts that hold text: of a chat, and of a response's items. */
const TEXT_PARTS: readonly unknown[] = ['text', 'input_text', 'output_text']
const CALLS_MAX = 128

/** Reads the messages of a chat as turns for the model's chat template. */
export function readMessages(fields: RequestFields): readonly AskTurn[] {
  const given = fields.list('messages', ASK_MESSAGES_MAX)
  if (given === undefined || given.length === 0) {
    throw new GatewayFieldError(fields.path('messages'), `a list of 1 to ${ASK_MESSAGES_MAX} messages`)
  }
  return given.map((message, index) =>
    readMessage(RequestFields.of(message, `${fields.path('messages')}[${index}]`)),
  )
}

/** What OpenAI calls developer is what chat templates call system. */
export function turnRole(role: string): string {
  return role === 'developer' ? 'system' : role
}

/** Reads one message. Fields that only say how an earlier answer came about are taken and not looked at. */
function readMessage(message: RequestFields): AskTurn {
  const role = message.choice('role', ROLES)
  if (role === undefined) throw new GatewayFieldError(message.path('role'), `one of ${ROLES.join(', ')}`)
  const calls = role === 'assistant' ? readCalls(message) : undefined
  const content = readContent(message, 'content')
  if (content === null && calls === undefined) {
    throw new GatewayFieldError(message.path('content'), 'given, as a string or a list of text parts')
  }
  const extra = {
    name: message.text('name'),
    tool_calls: calls,
    tool_call_id: role === 'tool' ? message.requiredText('tool_call_id') : undefined,
  }
  const hasExtra = Object.values(extra).some((value) => value !== undefined)
  return { role: turnRole(role), content, extra: hasExtra ? JSON.stringify(extra) : null }
}

/**
 * Reads a content: text, or a list of text parts, which are joined by a line break. Null if there's none.
 *
 * @throws GatewayUnsupportedError for images, sound and files.
 */
export function readContent(message: RequestFields, name: string): string | null {
  const given = message.value(name)
  if (given === undefined || typeof given === 'string') return given ?? null
  const param = message.path(name)
  if (!Array.isArray(given) || given.length > PARTS_MAX) {
    throw new GatewayFieldError(param, `a string or a list of at most ${PARTS_MAX} parts`)
  }
  return given.map((part, index) => readPart(RequestFields.of(part, `${param}[${index}]`))).join('\n')
}

function readPart(part: RequestFields): string {
  const type = part.value('type')
  if (TEXT_PARTS.includes(type)) return part.requiredText('text')
  if (type === 'refusal') return part.requiredText('refusal')
  throw new GatewayUnsupportedError(
    part.path('type'),
    `the models that are served read text, and no ${String(type).slice(0, 40)}`,
  )
}

/** Templates take arguments as an object; OpenAI's API has them as JSON text. */
function readCalls(message: RequestFields): readonly unknown[] | undefined {
  const given = message.list('tool_calls', CALLS_MAX)
  if (given === undefined || given.length === 0) return undefined
  return given.map((value, index) => {
    const call = RequestFields.of(value, `${message.path('tool_calls')}[${index}]`)
    const called = call.fields('function')
    if (called === undefined) throw new GatewayFieldError(call.path('function'), 'given, as an object')
    return toTemplateCall(call.text('id'), called.requiredText('name'), called.text('arguments') ?? '{}')
  })
}

/** A call as chat templates take it. */
export function toTemplateCall(id: string | undefined, name: string, json: string): unknown {
  return { id, type: 'function', function: { name, arguments: parsedArguments(json) } }
}

function parsedArguments(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}
