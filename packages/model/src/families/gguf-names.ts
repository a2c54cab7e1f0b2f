import type { GlobalTensorRole, LayerTensorRole, TensorNames } from './tensor-roles.ts'

const GLOBAL: Readonly<Record<GlobalTensorRole, string>> = {
  embedding: 'token_embd.weight',
  outputNorm: 'output_norm.weight',
  head: 'output.weight',
}

const LAYER: Readonly<Record<LayerTensorRole, string>> = {
  attentionNorm: 'attn_norm.weight',
  q: 'attn_q.weight',
  k: 'attn_k.weight',
  v: 'attn_v.weight',
  qBias: 'attn_q.bias',
  kBias: 'attn_k.bias',
  vBias: 'attn_v.bias',
  qNorm: 'attn_q_norm.weight',
  kNorm: 'attn_k_norm.weight',
  attentionOutput: 'attn_output.weight',
  attentionOutputBias: 'attn_output.bias',
  feedForwardNorm: 'ffn_norm.weight',
  gate: 'ffn_gate.weight',
  up: 'ffn_up.weight',
  down: 'ffn_down.weight',
  gateBias: 'ffn_gate.bias',
  upBias: 'ffn_up.bias',
  downBias: 'ffn_down.bias',
}

/** Names that all supported families share in GGUF files. */
export const ggufNames: TensorNames = {
  global: (role) => GLOBAL[role],
  layer: (role, layer) => `blk.${layer}.${LAYER[role]}`,
}

/** Name of the tensor that holds the divisors of the rotary frequencies, where a GGUF file has one. */
export const GGUF_ROPE_FACTORS = 'rope_freqs.weight'
