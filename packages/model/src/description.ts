import type { ModelTensors } from './checkpoint.ts'
import type { GgufMetadata } from './gguf/metadata.ts'
import type { ModelConfig } from './model-config.ts'
import type { TensorTable } from './tensor-table.ts'

/** What the headers and the description of a checkpoint tell, before any weights are read. */
export interface Description {
  readonly format: 'safetensors' | 'gguf'
  readonly config: ModelConfig
  readonly table: TensorTable
  readonly roles: ModelTensors
  /** Names of the files that hold the weights, in order. */
  readonly weightFiles: readonly string[]
  /** The metadata of a GGUF file. */
  readonly metadata: GgufMetadata | undefined
}
