import type { Family } from './family.ts'
import { llama } from './llama.ts'
import { readHuggingFace, WINDOW_TOKENS } from './read-hugging-face.ts'

/** Mistral: Llama's shape, without biases; early versions attend to a sliding window, which is refused. */
export const mistral: Family = {
  family: 'mistral',
  huggingFaceArchitectures: ['MistralForCausalLM'],
  ggufArchitecture: undefined,
  isGgufRotaryInterleaved: llama.isGgufRotaryInterleaved,
  readHuggingFace(reader, facts) {
    return readHuggingFace(reader, facts, {
      family: 'mistral',
      hasQkvBias: false,
      hasAttentionOutputBias: false,
      hasFeedForwardBias: false,
      hasQkNorm: false,
      slidingWindow: reader.has('sliding_window')
        ? reader.integer('sliding_window', WINDOW_TOKENS)
        : undefined,
      headSizeDefault: undefined,
    })
  },
  readGguf: (reader, facts) => llama.readGguf(reader, facts),
}
