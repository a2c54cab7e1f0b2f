import type { ModelConfig } from './model-config.ts'

/**
 * How weights are held. `auto` keeps what the file has: 4-bit and 8-bit blocks stay as they are where that is exact,
 * other block formats and 16-bit floats become 8-bit blocks, 32-bit floats stay.
 */
export type Precision = 'auto' | 'int4' | 'int8' | 'f32'

/** What a stage loads as one unit: one layer, the LM head with the final norm, or the embedding rows. */
export type PartId =
  | { readonly kind: 'layer'; readonly layer: number }
  | { readonly kind: 'head' }
  | { readonly kind: 'embedding' }

/** Bytes of one array inside a packed part's file. */
export interface PackedArray {
  readonly dtype: 'u8' | 'f32'
  readonly shape: readonly number[]
  /** Offset in the part's file; a multiple of 64. */
  readonly offset: number
  readonly byteLength: number
}

/**
 * A projection with `outputs` rows over `inputs` columns: `y[outputs] = W x[inputs]`.
 *
 * `blocks` is laid out for ONNX Runtime's MatMulNBits: `data` is u8 `[outputs, ceil(inputs / blockSize), blockSize * bits / 8]`,
 * 4-bit elements in consecutive pairs with the low half first, `scales` is f32 `[outputs * ceil(inputs / blockSize)]`,
 * and a stored value q means `scale * (q - 8)` (4 bit) or `scale * (q - 128)` (8 bit).
 * `offsets`, where present, is f32 `[ceil(inputs / blockSize), outputs]` and adds `offsets[b, n] * sum of x over block b`.
 * `dense` is f32 `[inputs, outputs]`, that is W transposed, as MatMul wants it.
 */
export type PackedMatrix =
  | {
      readonly kind: 'blocks'
      readonly outputs: number
      readonly inputs: number
      readonly bits: 4 | 8
      readonly blockSize: number
      readonly data: PackedArray
      readonly scales: PackedArray
      readonly offsets: PackedArray | undefined
    }
  | { readonly kind: 'dense'; readonly outputs: number; readonly inputs: number; readonly data: PackedArray }

/** Roles of the matrices of a layer. `qkv` and `gateUp` are row-wise concatenations, used when their pieces are packed alike; else the pieces stand alone. */
export type MatrixRole =
  'qkv' | 'q' | 'k' | 'v' | 'attentionOutput' | 'gateUp' | 'gate' | 'up' | 'down' | 'head'

/** Roles of the vectors, all f32. Biases are fused exactly where their matrices are. */
export type VectorRole =
  | 'attentionNorm'
  | 'feedForwardNorm'
  | 'outputNorm'
  | 'qNorm'
  | 'kNorm'
  | 'qkvBias'
  | 'qBias'
  | 'kBias'
  | 'vBias'
  | 'attentionOutputBias'
  | 'gateUpBias'
  | 'gateBias'
  | 'upBias'
  | 'downBias'

/** One packed part: a file in the cache and where its arrays are. */
export interface PackedPart {
  readonly part: PartId
  /** Absolute path of the packed file; immutable once it is there. */
  readonly path: string
  readonly byteLength: number
  /** SHA-256 (hex) of the file's bytes from its first array on. The same model, precision and version of packing give the same. */
  readonly sha256: string
  readonly matrices: ReadonlyMap<MatrixRole, PackedMatrix>
  readonly vectors: ReadonlyMap<VectorRole, PackedArray>
}

/** The packed weights of some parts of one model at one precision. */
export interface PackedShard {
  readonly config: ModelConfig
  /** Digest of the checkpoint that it was packed from. */
  readonly modelDigest: string
  readonly precision: Precision
  readonly parts: readonly PackedPart[]
  /** Sum over the parts. */
  readonly byteLength: number
}

/** Called while a shard is read and packed. */
export type PackProgress = (progress: {
  readonly doneBytes: number
  readonly totalBytes: number
  readonly what: string
}) => void
