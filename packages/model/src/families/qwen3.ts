import type { Family } from './family.ts'
import { readGgufConfig } from './read-gguf-config.ts'
import { readHuggingFace, WINDOW_TOKENS } from './read-hugging-face.ts'

/** Width of a head where a config.json of Qwen3 does not give it. */
const HEAD_SIZE_DEFAULT = 128

/** Qwen3: q and k are normed per head; biases only where `attention_bias` asks for them. */
export const qwen3: Family = {
  family: 'qwen3',
  huggingFaceArchitectures: ['Qwen3ForCausalLM'],
  ggufArchitecture: 'qwen3',
  isGgufRotaryInterleaved: false,
  readHuggingFace(reader, facts) {
    const hasAttentionBias = reader.booleanOr('attention_bias', false)
    const hasWindow = reader.booleanOr('use_sliding_window', false) && reader.has('sliding_window')
    return readHuggingFace(reader, facts, {
      family: 'qwen3',
      hasQkvBias: hasAttentionBias,
      hasAttentionOutputBias: hasAttentionBias,
      hasFeedForwardBias: false,
      hasQkNorm: true,
      slidingWindow: hasWindow ? reader.integer('sliding_window', WINDOW_TOKENS) : undefined,
      headSizeDefault: HEAD_SIZE_DEFAULT,
    })
  },
  readGguf(reader, facts) {
    return readGgufConfig(reader, facts, { family: 'qwen3', hasQkvBias: false, hasQkNorm: true })
  },
}
