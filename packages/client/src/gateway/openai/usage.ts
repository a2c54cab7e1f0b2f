import type { DoneEvent } from '../answer/collect-answer.ts'

/** How many tokens an answer took, as OpenAI counts them. */
export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number }
}

/** Counts the tokens of an answer. */
export function usageOf({ promptTokens, outputTokens, reusedTokens }: DoneEvent): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: reusedTokens },
  }
}
