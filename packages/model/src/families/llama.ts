import type { Family } from './family.ts'
import { ggufNames } from './gguf-names.ts'
import { readGgufConfig } from './read-gguf-config.ts'
import { readHuggingFace } from './read-hugging-face.ts'

/** Llama 1 to 3, and what has their shape: TinyLlama, SmolLM2 and others. In GGUF files also Mistral. */
export const llama: Family = {
  family: 'llama',
  huggingFaceArchitectures: ['LlamaForCausalLM'],
  ggufArchitecture: 'llama',
  isGgufRotaryInterleaved: true,
  readHuggingFace(reader, facts) {
    const hasAttentionBias = reader.booleanOr('attention_bias', false)
    return readHuggingFace(reader, facts, {
      family: 'llama',
      hasQkvBias: hasAttentionBias,
      hasAttentionOutputBias: hasAttentionBias,
      hasFeedForwardBias: reader.booleanOr('mlp_bias', false),
      hasQkNorm: false,
      slidingWindow: undefined,
      headSizeDefault: undefined,
    })
  },
  readGguf(reader, facts) {
    return readGgufConfig(reader, facts, {
      family: 'llama',
      hasQkvBias: facts.has(ggufNames.layer('qBias', 0)),
      hasQkNorm: false,
    })
  },
}
