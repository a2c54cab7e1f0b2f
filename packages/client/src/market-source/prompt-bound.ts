import type { AskContent } from '@shardline/wire'
import type { MarketSourceSettings } from './source-settings.ts'

/** What {@link promptTokensBound} adds for a chat template. */
export type PromptBoundSettings = Pick<
  MarketSourceSettings,
  'templateTokensPerMessageMax' | 'templateTokensMax' | 'templateToolTokensMax'
>

/** Templates write tools out with indentation: how much longer that makes them at the most. */
const TOOL_GROWTH = 2

/**
 * A bound on the tokens of a prompt, without its tokenizer: a token of a byte-level vocabulary stands for one byte or
 * more, so there are at most as many as the input has bytes in UTF-8. A chat template adds to that; how much is a
 * setting. What is held for tokens that the prompt doesn't have comes back with the bill.
 */
export function promptTokensBound({ input }: AskContent, settings: PromptBoundSettings): number {
  const { templateTokensPerMessageMax, templateTokensMax, templateToolTokensMax } = settings
  if (input.kind === 'ids') return Math.max(1, input.ids.length)
  if (input.kind === 'text') return byteLength(input.text) + templateTokensMax
  const messages = input.messages.reduce(
    (sum, { role, content, extra }) =>
      sum + byteLength(role + (content ?? '') + (extra ?? '')) + templateTokensPerMessageMax,
    templateTokensMax,
  )
  if (input.tools === null) return messages
  return messages + byteLength(input.tools) * TOOL_GROWTH + templateToolTokensMax
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
