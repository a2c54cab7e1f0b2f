import type { GlobalTensorRole, LayerTensorRole, TensorNames } from './tensor-roles.ts'

const GLOBAL: Readonly<Record<GlobalTensorRole, string>> = {
  embedding: 'model.embed_tokens.weight',
  outputNorm: 'model.norm.weight',
  head: 'lm_head.weight',
}

const LAYER: Readonly<Record<LayerTensorRole, string>> = {
  attentionNorm: 'input_layernorm.weight',
  q: 'self_attn.q_proj.weight',
  k: 'self_attn.k_proj.weight',
  v: 'self_attn.v_proj.weight',
  qBias: 'self_attn.q_proj.bias',
  kBias: 'self_attn.k_proj.bias',
  vBias: 'self_attn.v_proj.bias',
  qNorm: 'self_attn.q_norm.weight',
  kNorm: 'self_attn.k_norm.weight',
  attentionOutput: 'self_attn.o_proj.weight',
  attentionOutputBias: 'self_attn.o_proj.bias',
  feedForwardNorm: 'post_attention_layernorm.weight',
  gate: 'mlp.gate_proj.weight',
  up: 'mlp.up_proj.weight',
  down: 'mlp.down_proj.weight',
  gateBias: 'mlp.gate_proj.bias',
  upBias: 'mlp.up_proj.bias',
  downBias: 'mlp.down_proj.bias',
}

/** Names that all supported families share in Hugging Face's files. */
export const huggingFaceNames: TensorNames = {
  global: (role) => GLOBAL[role],
  layer: (role, layer) => `model.layers.${layer}.${LAYER[role]}`,
}
