import { answerId } from '../answer/answer-id.ts'
import type { ToolCall } from '../answer/tool-call.ts'
import type { GatewayContext } from '../http/app.ts'

/** A call of a tool in OpenAI's form. */
export interface OpenAiCall {
  readonly id: string
  readonly type: 'function'
  readonly function: ToolCall
}

/** Calls in OpenAI's form, each with a new id. */
export function openAiCalls(
  calls: readonly ToolCall[],
  context: Pick<GatewayContext, 'random'>,
): readonly OpenAiCall[] {
  return calls.map((call) => ({ id: answerId('call_', context), type: 'function', function: call }))
}
