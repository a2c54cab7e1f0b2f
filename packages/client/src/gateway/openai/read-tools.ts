import { RequestFields } from '../answer/request-fields.ts'
import { planTools } from '../answer/tool-plan.ts'
import type { Tool, ToolChoice, ToolPlan } from '../answer/tool-plan.ts'
import type { OfferedModel } from '../../answer-source.ts'
import { GatewayFieldError, GatewayUnsupportedError } from '../gateway-errors.ts'

const NAME = /^[\w-]{1,64}$/

/** Where tools are read. */
export interface ReadToolsInit {
  readonly fields: RequestFields
  readonly model: Pick<OfferedModel, 'model' | 'hasTools'>
  readonly toolsMax: number
  /** Whether a tool's fields stand in `function`, as in a chat, or beside its type, as in a response. */
  readonly isNested: boolean
}

/**
 * Reads `tools` and `tool_choice`.
 *
 * @throws GatewayUnsupportedError if the model's chat template takes no tools, or a tool is no function.
 */
export function readTools(init: ReadToolsInit): ToolPlan {
  const { fields, model, toolsMax } = init
  const given = fields.list('tools', toolsMax) ?? []
  const tools = given.map((tool, index) =>
    readTool(RequestFields.of(tool, `${fields.path('tools')}[${index}]`), init),
  )
  const choice = readChoice(init, tools)
  // A model always may call several; which of them a program takes is its own.
  fields.flag('parallel_tool_calls')
  if (tools.length > 0 && choice !== 'none' && !model.hasTools) {
    throw new GatewayUnsupportedError('tools', `the chat template of ${model.model} takes no tools`)
  }
  return planTools(tools, choice)
}

function readTool(tool: RequestFields, { isNested }: ReadToolsInit): Tool {
  const type = tool.requiredText('type')
  if (type !== 'function') {
    throw new GatewayUnsupportedError(
      tool.path('type'),
      `tools of type function are, ${type.slice(0, 40)} is not`,
    )
  }
  const holder = isNested ? tool.fields('function') : tool
  if (holder === undefined) throw new GatewayFieldError(tool.path('function'), 'given, as an object')
  const name = holder.requiredText('name')
  if (!NAME.test(name)) throw new GatewayFieldError(holder.path('name'), '1 to 64 letters, digits, _ or -')
  const description = holder.text('description')
  holder.flag('strict')
  const parameters = holder.value('parameters')
  if (parameters !== undefined) RequestFields.of(parameters, holder.path('parameters'))
  holder.end()
  tool.end()
  return { name, description, parameters: parameters as Tool['parameters'] }
}

function readChoice({ fields, isNested }: ReadToolsInit, tools: readonly Tool[]): ToolChoice {
  const given = fields.value('tool_choice')
  if (given === undefined || given === 'auto') return 'auto'
  if (given === 'none') return 'none'
  const param = fields.path('tool_choice')
  if (tools.length === 0) throw new GatewayFieldError(param, 'left away where no tools are given')
  if (given === 'required') {
    refuseReferences(tools, param)
    return 'required'
  }
  if (typeof given !== 'object') throw new GatewayFieldError(param, 'auto, none, required, or a function')
  const choice = RequestFields.of(given, param)
  if (choice.value('type') !== 'function') {
    throw new GatewayUnsupportedError(param, 'only functions can be chosen')
  }
  const holder = isNested ? choice.fields('function') : choice
  const name = holder?.requiredText('name')
  if (name !== undefined && tools.some((tool) => tool.name === name)) return { name }
  throw new GatewayFieldError(param, 'the name of one of the tools')
}

/** Schemas that refer to their own root can't stand inside another. */
function refuseReferences(tools: readonly Tool[], param: string): void {
  if (tools.length < 2) return
  const found = tools.find(({ parameters }) => JSON.stringify(parameters ?? {}).includes('"$ref"'))
  if (found === undefined) return
  throw new GatewayUnsupportedError(
    param,
    `required over several tools can't be held to the schema of ${found.name}, which has references; name one tool`,
  )
}
