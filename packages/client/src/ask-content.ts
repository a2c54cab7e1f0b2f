import type { AskContent, AskSampling } from '@shardline/wire'

/** Sampling as the driver does it by default. */
export const SAMPLING_OF_DRIVER: AskSampling = Object.freeze({
  temperature: null,
  topK: null,
  topP: null,
  minP: null,
  repetitionPenalty: null,
  presencePenalty: null,
  frequencyPenalty: null,
  logitBias: [],
  seed: null,
  topLogprobs: 0,
})

/** An ask in which everything but its input is left to the driver. */
export function askOf(input: AskContent['input'], more: Partial<Omit<AskContent, 'input'>> = {}): AskContent {
  return {
    model: null,
    maxTokens: null,
    sampling: SAMPLING_OF_DRIVER,
    stopStrings: [],
    choices: 1,
    grammar: null,
    ...more,
    input,
  }
}

/** An ask of a chat of one turn of the user. */
export function textAsk(text: string, more: Partial<Omit<AskContent, 'input'>> = {}): AskContent {
  const messages = [{ role: 'user', content: text, extra: null }]
  return askOf({ kind: 'messages', messages, tools: null }, more)
}
