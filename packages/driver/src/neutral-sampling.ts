import type { SamplingOptions } from '@shardline/engine'

/** For sessions of which nobody wants a choice: the likeliest token, nothing added to any logit, no end. */
export const NEUTRAL_SAMPLING: SamplingOptions = Object.freeze({
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: [],
  seed: 0,
  topLogprobs: 0,
  stopTokenIds: [],
  grammar: null,
})
