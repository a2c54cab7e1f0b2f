import type { Family } from './family.ts'
import { readGgufConfig } from './read-gguf-config.ts'
import { readHuggingFace, WINDOW_TOKENS } from './read-hugging-face.ts'

/** Qwen2 and Qwen2.5: q, k and v always add a bias. */
export const qwen2: Family = {
  family: 'qwen2',
  huggingFaceArchitectures: ['Qwen2ForCausalLM'],
  ggufArchitecture: 'qwen2',
  isGgufRotaryInterleaved: false,
  readHuggingFace(reader, facts) {
    const hasWindow = reader.booleanOr('use_sliding_window', false) && reader.has('sliding_window')
    return readHuggingFace(reader, facts, {
      family: 'qwen2',
      hasQkvBias: true,
      hasAttentionOutputBias: false,
      hasFeedForwardBias: false,
      hasQkNorm: false,
      slidingWindow: hasWindow ? reader.integer('sliding_window', WINDOW_TOKENS) : undefined,
      headSizeDefault: undefined,
    })
  },
  readGguf(reader, facts) {
    return readGgufConfig(reader, facts, { family: 'qwen2', hasQkvBias: true, hasQkNorm: false })
  },
}
