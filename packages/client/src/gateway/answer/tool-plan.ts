import type { AskGrammar } from '@shardline/wire'
import { ForcedCallReader } from './forced-call-reader.ts'
import { plainReader } from './tool-call.ts'
import type { ChoiceReader } from './tool-call.ts'
import { ToolCallReader } from './tool-call-reader.ts'

/** A tool that a model may call. */
export interface Tool {
  readonly name: string
  readonly description: string | undefined
  /** JSON schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>> | undefined
}

/** Whether tools are called: as the model likes, not, one of them in any case, or the named one in any case. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }

/** How a request's tools are given to the model, and how its calls are read. */
export interface ToolPlan {
  /** JSON of the list of tools as chat templates take it; null: none are given. */
  readonly tools: string | null
  /** What keeps the answer a call, if it has to be one. */
  readonly grammar: AskGrammar | null
  /** Whether the answer may hold calls. */
  readonly isActive: boolean
  reader(): ChoiceReader
}

/** Parameters of a tool that says nothing about them. */
const ANY_PARAMETERS = { type: 'object', properties: {}, additionalProperties: false }

/** Plans how tools are used. */
export function planTools(tools: readonly Tool[], choice: ToolChoice): ToolPlan {
  if (tools.length === 0 || choice === 'none') {
    return { tools: null, grammar: null, isActive: false, reader: () => plainReader }
  }
  const json = JSON.stringify(tools.map(forTemplate))
  if (choice === 'auto') {
    const names = tools.map(({ name }) => name)
    return { tools: json, grammar: null, isActive: true, reader: () => new ToolCallReader(names) }
  }
  const callable = choice === 'required' ? tools : tools.filter(({ name }) => name === choice.name)
  const [only, ...others] = callable
  const isOne = others.length === 0 && only !== undefined
  const schema = isOne ? (only.parameters ?? ANY_PARAMETERS) : { anyOf: callable.map(callSchema) }
  return {
    tools: json,
    grammar: { type: 'json-schema', schema: JSON.stringify(schema) },
    isActive: true,
    reader: () => new ForcedCallReader(isOne ? only.name : undefined),
  }
}

function forTemplate({ name, description, parameters }: Tool): unknown {
  return { type: 'function', function: { name, description, parameters: parameters ?? ANY_PARAMETERS } }
}

function callSchema({ name, parameters }: Tool): unknown {
  return {
    type: 'object',
    properties: { name: { const: name }, arguments: parameters ?? ANY_PARAMETERS },
    required: ['name', 'arguments'],
    additionalProperties: false,
  }
}
