import type { Random } from '@shardline/core'
import { InvalidValueError } from '@shardline/core'
import { toHalf } from '../format/half.ts'
import { TENSOR_FORMATS } from '../format/registry.ts'
import type { GgufTensorInit, GgufTypedValue } from './gguf-writer.ts'
import { writeGguf } from './gguf-writer.ts'

/** The shape of a random model. */
export interface RandomModelShape {
  readonly layerCount: number
  readonly hiddenSize: number
  readonly feedForwardSize: number
  readonly headCount: number
  readonly kvHeadCount: number
  /** Entries of the vocabulary; at least 259, for three special tokens and 256 bytes. */
  readonly vocabularySize: number
  readonly contextLength: number
}

/** Options of {@link writeRandomModel}. */
export interface RandomModelOptions {
  readonly random: Random
  /** Type of all matrices; norms are F32. @default 'Q4_0' */
  readonly dtype?: 'Q4_0' | 'Q8_0' | 'F16'
}

const VOCABULARY_MIN = 259

/**
 * Writes a Llama-type model with random weights and a SentencePiece vocabulary of made-up words as a GGUF file: of any shape, for
 * measurements. Its answers mean nothing. Only one tensor is in memory at a time.
 *
 * @throws InvalidValueError if the shape can't be.
 */
export async function writeRandomModel(
  path: string,
  shape: RandomModelShape,
  options: RandomModelOptions,
): Promise<void> {
  if (shape.vocabularySize < VOCABULARY_MIN)
    throw new InvalidValueError(
      `the vocabulary has ${shape.vocabularySize} entries; it needs ${VOCABULARY_MIN}`,
    )
  await writeGguf(path, { metadata: metadataOf(shape), tensors: tensorsOf(shape, options) })
}

function metadataOf(shape: RandomModelShape): ReadonlyMap<string, GgufTypedValue> {
  const u32 = (value: number): GgufTypedValue => ({ type: 'u32', value })
  const text = (value: string): GgufTypedValue => ({ type: 'string', value })
  const words = shape.vocabularySize - VOCABULARY_MIN
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`)
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...Array.from({ length: words }, (_, i) => `\u2581w${i}`)]
  const types = [2, 3, 3, ...bytes.map(() => 6), ...Array.from({ length: words }, () => 1)]
  return new Map<string, GgufTypedValue>([
    ['general.architecture', text('llama')],
    ['general.name', text('random')],
    ['llama.context_length', u32(shape.contextLength)],
    ['llama.embedding_length', u32(shape.hiddenSize)],
    ['llama.block_count', u32(shape.layerCount)],
    ['llama.feed_forward_length', u32(shape.feedForwardSize)],
    ['llama.attention.head_count', u32(shape.headCount)],
    ['llama.attention.head_count_kv', u32(shape.kvHeadCount)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'f32', value: 1e-5 }],
    ['llama.rope.dimension_count', u32(shape.hiddenSize / shape.headCount)],
    ['llama.rope.freq_base', { type: 'f32', value: 10_000 }],
    ['llama.vocab_size', u32(shape.vocabularySize)],
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', values: tokens }],
    ['tokenizer.ggml.scores', { type: 'array', of: 'f32', values: tokens.map((_, i) => -i) }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', values: types }],
    ['tokenizer.ggml.bos_token_id', u32(1)],
    ['tokenizer.ggml.eos_token_id', u32(2)],
    ['tokenizer.ggml.unknown_token_id', u32(0)],
  ])
}

function tensorsOf(shape: RandomModelShape, options: RandomModelOptions): readonly GgufTensorInit[] {
  const { hiddenSize, feedForwardSize, vocabularySize } = shape
  const kvSize = (hiddenSize / shape.headCount) * shape.kvHeadCount
  const dtype = options.dtype ?? 'Q4_0'
  const matrix = (name: string, rows: number, columns: number): GgufTensorInit => {
    return {
      name,
      dtype,
      shape: [rows, columns],
      bytes: () => randomBlocks(rows * columns, dtype, options.random),
    }
  }
  const norm = (name: string): GgufTensorInit => {
    return { name, dtype: 'F32', shape: [hiddenSize], bytes: () => ones(hiddenSize) }
  }
  const layers = Array.from({ length: shape.layerCount }, (_, layer) => [
    norm(`blk.${layer}.attn_norm.weight`),
    matrix(`blk.${layer}.attn_q.weight`, hiddenSize, hiddenSize),
    matrix(`blk.${layer}.attn_k.weight`, kvSize, hiddenSize),
    matrix(`blk.${layer}.attn_v.weight`, kvSize, hiddenSize),
    matrix(`blk.${layer}.attn_output.weight`, hiddenSize, hiddenSize),
    norm(`blk.${layer}.ffn_norm.weight`),
    matrix(`blk.${layer}.ffn_gate.weight`, feedForwardSize, hiddenSize),
    matrix(`blk.${layer}.ffn_up.weight`, feedForwardSize, hiddenSize),
    matrix(`blk.${layer}.ffn_down.weight`, hiddenSize, feedForwardSize),
  ])
  return [
    matrix('token_embd.weight', vocabularySize, hiddenSize),
    norm('output_norm.weight'),
    matrix('output.weight', vocabularySize, hiddenSize),
    ...layers.flat(),
  ]
}

function ones(count: number): Uint8Array {
  return new Uint8Array(new Float32Array(count).fill(1).buffer)
}

/** Blocks of random codes under one small scale, so that activations stay in a sane range; halves of the same size. */
function randomBlocks(count: number, dtype: 'Q4_0' | 'Q8_0' | 'F16', random: Random): Uint8Array {
  if (dtype === 'F16') return randomHalves(count, random)
  const { blockElements, blockBytes } = TENSOR_FORMATS[dtype]
  const bytes = random.bytes((count / blockElements) * blockBytes)
  const scale = toHalf(dtype === 'Q4_0' ? 0.004 : 0.00025)
  for (let at = 0; at < bytes.length; at += blockBytes) {
    bytes[at] = scale & 255
    bytes[at + 1] = scale >> 8
  }
  return bytes
}

function randomHalves(count: number, random: Random): Uint8Array {
  const halves = Uint16Array.from({ length: count }, () => toHalf((random.float() - 0.5) * 0.06))
  return new Uint8Array(halves.buffer)
}
