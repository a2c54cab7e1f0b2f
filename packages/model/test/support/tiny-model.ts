import type { SeededRandom } from '@shardline/core'
import type { TensorDtype } from '../../src/checkpoint.ts'
import { toHalf } from '../../src/format/half.ts'
import { TENSOR_FORMATS } from '../../src/format/registry.ts'
import type { GgufTensorInit, GgufTypedValue } from '../../src/gguf/gguf-writer.ts'
import { encodeGguf } from '../../src/gguf/gguf-writer.ts'
import { MemoryFiles } from './memory-files.ts'
import { encodeSafetensors } from './safetensors-writer.ts'
import { normals } from './seed.ts'

/** Sizes of the tiny model: two heads of 16, one KV head, two layers. */
export const TINY = {
  layers: 2,
  hidden: 32,
  feedForward: 64,
  heads: 2,
  kvHeads: 1,
  headSize: 16,
  vocabulary: 40,
} as const

/** A tensor with its values. */
export interface TinyTensor {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Random tensors of the tiny model by their Hugging Face names. */
export function tinyTensors(random: SeededRandom): Map<string, TinyTensor> {
  const { hidden, feedForward, heads, kvHeads, headSize, vocabulary } = TINY
  const tensors = new Map<string, TinyTensor>()
  const add = (name: string, ...shape: number[]): void => {
    const count = shape.reduce((product, size) => product * size, 1)
    tensors.set(name, { shape, values: normals(random, count, 0.1) })
  }
  add('model.embed_tokens.weight', vocabulary, hidden)
  add('model.norm.weight', hidden)
  add('lm_head.weight', vocabulary, hidden)
  for (let layer = 0; layer < TINY.layers; layer++) {
    const prefix = `model.layers.${layer}`
    add(`${prefix}.input_layernorm.weight`, hidden)
    add(`${prefix}.post_attention_layernorm.weight`, hidden)
    add(`${prefix}.self_attn.q_proj.weight`, heads * headSize, hidden)
    add(`${prefix}.self_attn.k_proj.weight`, kvHeads * headSize, hidden)
    add(`${prefix}.self_attn.v_proj.weight`, kvHeads * headSize, hidden)
    add(`${prefix}.self_attn.o_proj.weight`, hidden, heads * headSize)
    add(`${prefix}.mlp.gate_proj.weight`, feedForward, hidden)
    add(`${prefix}.mlp.up_proj.weight`, feedForward, hidden)
    add(`${prefix}.mlp.down_proj.weight`, hidden, feedForward)
  }
  return tensors
}

/** A config.json of the tiny model. */
export function tinyConfig(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    hidden_size: TINY.hidden,
    intermediate_size: TINY.feedForward,
    num_attention_heads: TINY.heads,
    num_key_value_heads: TINY.kvHeads,
    num_hidden_layers: TINY.layers,
    vocab_size: TINY.vocabulary,
    max_position_embeddings: 128,
    rms_norm_eps: 1e-5,
    hidden_act: 'silu',
    tie_word_embeddings: false,
    ...changes,
  }
}

/** Bytes of f32 values in a plain float format. */
export function encodeFloats(values: Float32Array, dtype: 'F32' | 'F16' | 'BF16'): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.slice().buffer)
  const bits = new Uint32Array(values.slice().buffer)
  const halves = Uint16Array.from(values, (value, i) =>
    dtype === 'F16' ? toHalf(value) : (bits[i] ?? 0) >>> 16,
  )
  return new Uint8Array(halves.buffer)
}

/** The tiny model in Hugging Face's layout. */
export function tinyHuggingFace(
  tensors: ReadonlyMap<string, TinyTensor>,
  config: Readonly<Record<string, unknown>> = tinyConfig(),
  dtype: 'F32' | 'F16' | 'BF16' = 'F32',
): MemoryFiles {
  const entries = [...tensors].map(([name, { shape, values }]) => ({
    name,
    dtype,
    shape,
    bytes: encodeFloats(values, dtype),
  }))
  return new MemoryFiles({
    'config.json': JSON.stringify(config),
    'model.safetensors': encodeSafetensors(entries),
  })
}

const GGUF_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens/, 'token_embd'],
  [/^model\.norm/, 'output_norm'],
  [/^lm_head/, 'output'],
  [/^model\.layers\.(\d+)\.input_layernorm/, 'blk.$1.attn_norm'],
  [/^model\.layers\.(\d+)\.post_attention_layernorm/, 'blk.$1.ffn_norm'],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj/, 'blk.$1.attn_$2'],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj/, 'blk.$1.attn_output'],
  [/^model\.layers\.(\d+)\.self_attn\.([qk])_norm/, 'blk.$1.attn_$2_norm'],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj/, 'blk.$1.ffn_$2'],
]

/** Name of a tensor in GGUF files by its Hugging Face name. */
export function ggufName(name: string): string {
  for (const [pattern, replacement] of GGUF_NAMES)
    if (pattern.test(name)) return name.replace(pattern, replacement)
  return name
}

/** Rows of q or k as the Llama conversion orders them: of each head, row i of the first half, then row i of the second. */
export function interleaveRows({ shape, values }: TinyTensor, headSize: number): TinyTensor {
  const [rows = 0, columns = 1] = shape
  const out = new Float32Array(values.length)
  let to = 0
  for (let head = 0; head < rows / headSize; head++) {
    for (let i = 0; i < headSize / 2; i++) {
      for (const half of [0, 1]) {
        const from = head * headSize + half * (headSize / 2) + i
        out.set(values.subarray(from * columns, (from + 1) * columns), to * columns)
        to++
      }
    }
  }
  return { shape, values: out }
}

/** Metadata of the tiny model's GGUF file. */
export function tinyMetadata(architecture = 'llama'): Map<string, GgufTypedValue> {
  const u32 = (value: number): GgufTypedValue => ({ type: 'u32', value })
  return new Map<string, GgufTypedValue>([
    ['general.architecture', { type: 'string', value: architecture }],
    [`${architecture}.context_length`, u32(128)],
    [`${architecture}.embedding_length`, u32(TINY.hidden)],
    [`${architecture}.block_count`, u32(TINY.layers)],
    [`${architecture}.feed_forward_length`, u32(TINY.feedForward)],
    [`${architecture}.attention.head_count`, u32(TINY.heads)],
    [`${architecture}.attention.head_count_kv`, u32(TINY.kvHeads)],
    [`${architecture}.attention.layer_norm_rms_epsilon`, { type: 'f32', value: 1e-5 }],
  ])
}

/** The tiny model's tensors for a GGUF file; q and k interleaved as for Llama. */
export function tinyGgufTensors(
  tensors: ReadonlyMap<string, TinyTensor>,
  isInterleaved = true,
): GgufTensorInit[] {
  return [...tensors].map(([name, tensor]): GgufTensorInit => {
    const isRotated = isInterleaved && /self_attn\.[qk]_proj/.test(name)
    const { shape, values } = isRotated ? interleaveRows(tensor, TINY.headSize) : tensor
    return { name: ggufName(name), dtype: 'F32', shape, bytes: () => encodeFloats(values, 'F32') }
  })
}

/** The tiny model as one GGUF file. */
export function tinyGguf(
  tensors: ReadonlyMap<string, TinyTensor>,
  metadata: ReadonlyMap<string, GgufTypedValue> = tinyMetadata(),
): MemoryFiles {
  return new MemoryFiles({ 'model.gguf': encodeGguf({ metadata, tensors: tinyGgufTensors(tensors) }) })
}

/** Random blocks of a format with scales of a sane size: every code occurs. */
export function randomBlocks(dtype: TensorDtype, blocks: number, random: SeededRandom): Uint8Array {
  const { blockBytes } = TENSOR_FORMATS[dtype]
  const bytes = random.bytes(blocks * blockBytes)
  const view = new DataView(bytes.buffer)
  for (let block = 0; block < blocks; block++) {
    for (const at of HALVES_AT[dtype] ?? []) {
      view.setUint16(block * blockBytes + at, toHalf((random.float() - 0.5) * 0.1), true)
    }
  }
  return bytes
}

/** Where the 16-bit scales and minimums of a block are. */
const HALVES_AT: Partial<Record<TensorDtype, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
}
