import type { ModelConfig, ModelFamily } from '../model-config.ts'
import type { ConfigReader } from './config-reader.ts'

/** What the tensors of a checkpoint tell about its model, beside its description. */
export interface TensorFacts {
  /** Whether there is a tensor of that name, whatever its type. */
  has(name: string): boolean
  /** Rows of the embedding matrix; undefined if there is none. */
  readonly embeddingRows: number | undefined
  /** Divisors of the rotary frequencies, where a GGUF file has them as a tensor. */
  readonly ropeFactors: readonly number[] | undefined
}

/** One architecture: how its description reads in each format. */
export interface Family {
  readonly family: ModelFamily
  /** Values of `architectures` in config.json. */
  readonly huggingFaceArchitectures: readonly string[]
  /** Value of `general.architecture`; undefined if its GGUF files go under another family's name. */
  readonly ggufArchitecture: string | undefined
  /**
   * Whether GGUF files hold the rows of q and k in the order of an interleaved rotary embedding, (0, 1), (2, 3) …,
   * where Shardline pairs i with i + headSize / 2.
   */
  readonly isGgufRotaryInterleaved: boolean
  /** Reads config.json. */
  readHuggingFace(reader: ConfigReader, facts: TensorFacts): ModelConfig
  /** Reads the metadata of a GGUF file; keys without the architecture's prefix. */
  readGguf(reader: ConfigReader, facts: TensorFacts): ModelConfig
}
