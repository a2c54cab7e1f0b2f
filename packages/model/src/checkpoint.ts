import type { ByteSource } from './byte-source.ts'
import type { LayerTensorRole } from './families/tensor-roles.ts'
import type { ModelConfig } from './model-config.ts'
import type { CheckpointFiles } from './source/checkpoint-files.ts'
import type { ChatTemplate, Tokenizer } from './tokenizer.ts'

/** Element and block formats that tensors in checkpoints can have. */
export type TensorDtype =
  'F32' | 'F16' | 'BF16' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q8_0' | 'Q4_K' | 'Q5_K' | 'Q6_K'

/** One tensor inside a checkpoint's file. */
export interface TensorEntry {
  /** Name as the file has it. */
  readonly name: string
  readonly dtype: TensorDtype
  /** Row-major, outermost first, whatever the file's own order: a projection is `[outputs, inputs]`. */
  readonly shape: readonly number[]
  readonly source: ByteSource
  /** Offset of the first byte in `source`. */
  readonly offset: number
  readonly byteLength: number
}

/** A tensor in its role, with what is left to do to have its rows in Shardline's order. */
export interface RoleTensor {
  readonly entry: TensorEntry
  /**
   * Size of the heads whose rows are in the order of an interleaved rotary embedding: row 2i + a of a head in the file is
   * its row i + a * size / 2. Undefined if the rows are in order.
   */
  readonly interleavedHeadSize: number | undefined
}

/** The tensors that a model needs, by role; all are there, with the right shapes and readable types. */
export interface ModelTensors {
  readonly embedding: RoleTensor
  readonly outputNorm: RoleTensor
  /** The embedding matrix if the model is tied. */
  readonly head: RoleTensor
  /** One map per layer. */
  readonly layers: readonly ReadonlyMap<LayerTensorRole, RoleTensor>[]
}

/** Tensors of a checkpoint by name. */
export type TensorIndex = ReadonlyMap<string, TensorEntry>

/** One model on disk or on a server, whatever its format. */
export interface Checkpoint extends AsyncDisposable {
  /** What the user called it. */
  readonly reference: string
  /** `safetensors` or `gguf`. */
  readonly format: 'safetensors' | 'gguf'
  readonly config: ModelConfig
  /** The files that it is read from; closed with it. */
  readonly files: CheckpointFiles
  readonly tensors: TensorIndex
  /** The tensors that the model is made of, by role. */
  readonly roles: ModelTensors
  /** SHA-256 (hex) over the config and the content of the weight files: equal on every machine that has the same model. */
  readonly digest: string
  /** @throws TokenizerMissingError if the checkpoint has none; TokenizerUnsupportedError if it has one that isn't known. */
  tokenizer(): Promise<Tokenizer>
  /** Undefined if the checkpoint has none. @throws ChatTemplateError if it has one that is broken. */
  chatTemplate(): ChatTemplate | undefined
  /** Sampling that the checkpoint suggests (generation_config.json), where it does. */
  readonly suggestedSampling: {
    readonly temperature: number | undefined
    readonly topP: number | undefined
    readonly maxTokens: number | undefined
  }
}
