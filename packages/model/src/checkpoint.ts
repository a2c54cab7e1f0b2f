import type { ByteSource } from './byte-source.ts'
import type { ModelConfig } from './model-config.ts'
import type { ChatTemplate, Tokenizer } from './tokenizer.ts'

/** Element and block formats that tensors in checkpoints can have. */
export type TensorDtype =
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K'

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

/** Tensors of a checkpoint by name. */
export type TensorIndex = ReadonlyMap<string, TensorEntry>

/** One model on disk or on a server, whatever its format. */
export interface Checkpoint extends AsyncDisposable {
  /** What the user called it. */
  readonly reference: string
  /** `safetensors` or `gguf`. */
  readonly format: 'safetensors' | 'gguf'
  readonly config: ModelConfig
  readonly tensors: TensorIndex
  /** SHA-256 (hex) over the config and the content of the weight files: equal on every machine that has the same model. */
  readonly digest: string
  /** @throws TokenizerMissingError if the checkpoint has none; TokenizerUnsupportedError if it has one that isn't known. */
  tokenizer(): Promise<Tokenizer>
  /** Undefined if the checkpoint has none. */
  chatTemplate(): ChatTemplate | undefined
  /** Sampling that the checkpoint suggests (generation_config.json), where it does. */
  readonly suggestedSampling: { readonly temperature: number | undefined; readonly topP: number | undefined; readonly maxTokens: number | undefined }
}
