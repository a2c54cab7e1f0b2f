import type { AskTurn } from '@shardline/wire'
import { ASK_MESSAGES_MAX } from '@shardline/wire'
import { RequestFields } from '../answer/request-fields.ts'
import { GatewayFieldError, GatewayUnsupportedError } from '../gateway-errors.ts'
import { readContent, toTemplateCall, turnRole } from './read-messages.ts'

const ROLES = ['system', 'developer', 'user', 'assistant'] as const

/** Reads the input of a response: a text of the user, or items: messages, calls of functions, and what these gave. */
export function readResponseInput(fields: RequestFields): readonly AskTurn[] {
  const given = fields.value('input')
  if (typeof given === 'string') return [{ role: 'user', content: given, extra: null }]
  const items = fields.list('input', ASK_MESSAGES_MAX)
  if (items === undefined || items.length === 0) {
    throw new GatewayFieldError(fields.path('input'), `a string or a list of 1 to ${ASK_MESSAGES_MAX} items`)
  }
  const turns = items.map((item, index) =>
    readItem(RequestFields.of(item, `${fields.path('input')}[${index}]`)),
  )
  return joinCalls(turns.filter((turn) => turn !== undefined))
}

/** What one item says; undefined of one that only says how the model thought. */
function readItem(item: RequestFields): AskTurn | undefined {
  const type = item.text('type') ?? 'message'
  switch (type) {
    case 'message':
      return readMessageItem(item)
    case 'function_call':
      return callTurn(item.requiredText('call_id'), item.requiredText('name'), item.requiredText('arguments'))
    case 'function_call_output':
      return resultTurn(item)
    case 'reasoning':
      return undefined
    default:
      throw new GatewayUnsupportedError(
        item.path('type'),
        `items are messages, function calls and their outputs, not ${type.slice(0, 40)}`,
      )
  }
}

function readMessageItem(item: RequestFields): AskTurn {
  const role = item.choice('role', ROLES)
  if (role === undefined) throw new GatewayFieldError(item.path('role'), `one of ${ROLES.join(', ')}`)
  const content = readContent(item, 'content')
  if (content === null) throw new GatewayFieldError(item.path('content'), 'given')
  return { role: turnRole(role), content, extra: null }
}

/** A turn in which the model called a function. */
export function callTurn(id: string, name: string, json: string): AskTurn {
  const extra = { tool_calls: [toTemplateCall(id, name, json)] }
  return { role: 'assistant', content: null, extra: JSON.stringify(extra) }
}

function resultTurn(item: RequestFields): AskTurn {
  const id = item.requiredText('call_id')
  const content = readContent(item, 'output')
  if (content === null) throw new GatewayFieldError(item.path('output'), 'given')
  return { role: 'tool', content, extra: JSON.stringify({ tool_call_id: id }) }
}

/** Calls that follow each other are one turn of the model, as in a chat. */
function joinCalls(turns: readonly AskTurn[]): readonly AskTurn[] {
  const joined: AskTurn[] = []
  for (const turn of turns) {
    const last = joined.at(-1)
    const calls = callsOf(turn)
    if (last === undefined || last.role !== 'assistant' || calls.length === 0) joined.push(turn)
    else
      joined[joined.length - 1] = {
        ...last,
        extra: JSON.stringify({ tool_calls: [...callsOf(last), ...calls] }),
      }
  }
  return joined
}

function callsOf({ role, extra }: AskTurn): readonly unknown[] {
  if (role !== 'assistant' || extra === null) return []
  const { tool_calls: calls } = JSON.parse(extra) as { readonly tool_calls?: readonly unknown[] }
  return calls ?? []
}
