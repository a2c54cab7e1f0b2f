import { createHash } from 'node:crypto'
import { fromUnknown } from '@shardline/core'
import { canonicalJson } from './canonical-json.ts'
import type { Checkpoint, ModelTensors, TensorIndex } from './checkpoint.ts'
import type { Description } from './description.ts'
import { ConfigInvalidError } from './errors.ts'
import { describeGguf } from './gguf/describe-gguf.ts'
import type { ModelConfig } from './model-config.ts'
import { describeSafetensors } from './safetensors/describe-safetensors.ts'
import type { CheckpointFiles } from './source/checkpoint-files.ts'
import type { ResolveOptions } from './source/resolve-reference.ts'
import { resolveReference } from './source/resolve-reference.ts'
import {
  chatTemplateFromFiles,
  chatTemplateFromGguf,
  hasGgufChatTemplate,
} from './tokenizer/chat-template-from.ts'
import type { GenerationConfig } from './tokenizer/generation-config.ts'
import { readGenerationConfig } from './tokenizer/generation-config.ts'
import { tokenizerFromFiles } from './tokenizer/tokenizer-from-files.ts'
import { tokenizerFromGguf } from './tokenizer/tokenizer-from-gguf.ts'
import type { ChatTemplate, Tokenizer } from './tokenizer.ts'

/** Limits of reading the headers of a checkpoint's files. */
export interface HeaderLimits {
  /** Bytes of the header of one weight file. @default SAFETENSORS_HEADER_BYTES_MAX or GGUF_HEADER_BYTES_MAX */
  readonly headerBytesMax?: number
  /** Entries of all arrays of a GGUF header. @default GGUF_ARRAY_ENTRIES_MAX */
  readonly arrayEntriesMax?: number
}

/** Options of {@link openCheckpoint}. */
export interface OpenCheckpointOptions extends ResolveOptions, HeaderLimits {}

/**
 * Opens a model: a folder, a file, an address or a hub id.
 *
 * Reads descriptions and headers only, and checks that every tensor that the model needs is there in the expected shape.
 * The content of the weight files is hashed, unless their checksums are known already.
 *
 * @throws what resolveReference throws if the reference names no model; ArchitectureUnsupportedError, ConfigInvalidError,
 * FeatureUnsupportedError, RopeScalingUnsupportedError, ActivationUnsupportedError or SlidingWindowUnsupportedError if the model
 * can't be run; TensorMissingError, TensorShapeError or TensorTypeUnsupportedError if its tensors aren't as needed;
 * SafetensorsInvalidError, GgufInvalidError, GgufCutError or JsonInvalidError if a file is damaged.
 */
export async function openCheckpoint(reference: string, options: OpenCheckpointOptions): Promise<Checkpoint> {
  return openCheckpointFiles(await resolveReference(reference, options), options)
}

/** As {@link openCheckpoint}, from files that are found already. They belong to the checkpoint from here on, also if it fails. */
export async function openCheckpointFiles(
  files: CheckpointFiles,
  limits: HeaderLimits = {},
): Promise<Checkpoint> {
  try {
    const description = await describe(files, limits)
    const generation = readGenerationConfig(await files.readText('generation_config.json'))
    const config = withGenerationIds(description.config, generation)
    return new OpenedCheckpoint({
      files,
      description,
      config,
      digest: await digestOf(config, files, description.weightFiles),
      suggestedSampling: generation.suggestedSampling,
      chatTemplate: await chatTemplateSource(files, description),
    })
  } catch (error) {
    await files[Symbol.asyncDispose]()
    throw error
  }
}

function describe(files: CheckpointFiles, limits: HeaderLimits): Promise<Description> {
  if (files.names.some((name) => name.endsWith('.safetensors'))) return describeSafetensors(files, limits)
  if (files.names.some((name) => name.toLowerCase().endsWith('.gguf'))) return describeGguf(files, limits)
  throw new ConfigInvalidError(files.reference, 'it has neither .safetensors nor .gguf files')
}

/** generation_config.json may name more tokens that end an answer than config.json does. Ids outside the vocabulary are left out. */
function withGenerationIds(config: ModelConfig, generation: GenerationConfig): ModelConfig {
  const isInside = (id: number): boolean => id < config.vocabularySize
  const eosTokenIds = [...new Set([...config.eosTokenIds, ...generation.eosTokenIds.filter(isInside)])]
  return Object.freeze({ ...config, eosTokenIds })
}

/** File names and their order don't count: a renamed model is the same model. */
async function digestOf(
  config: ModelConfig,
  files: CheckpointFiles,
  weightFiles: readonly string[],
): Promise<string> {
  const contents: string[] = []
  for (const name of weightFiles) contents.push(await files.sha256(name))
  return createHash('sha256')
    .update(canonicalJson({ config, contents: contents.toSorted() }))
    .digest('hex')
}

/** Gives the template, or says why there is none; who never asks is not bothered by a broken one. */
type ChatTemplateSource = () => ChatTemplate | undefined

async function chatTemplateSource(
  files: CheckpointFiles,
  { metadata }: Description,
): Promise<ChatTemplateSource> {
  if (metadata !== undefined && hasGgufChatTemplate(metadata)) {
    let template: ChatTemplate | undefined
    return () => (template ??= chatTemplateFromGguf(metadata))
  }
  try {
    const template = await chatTemplateFromFiles(files)
    return () => template
  } catch (cause) {
    const error = fromUnknown(cause)
    return () => {
      throw error
    }
  }
}

interface OpenedCheckpointInit {
  readonly files: CheckpointFiles
  readonly description: Description
  readonly config: ModelConfig
  readonly digest: string
  readonly suggestedSampling: Checkpoint['suggestedSampling']
  readonly chatTemplate: ChatTemplateSource
}

class OpenedCheckpoint implements Checkpoint {
  readonly reference: string
  readonly format: 'safetensors' | 'gguf'
  readonly config: ModelConfig
  readonly files: CheckpointFiles
  readonly tensors: TensorIndex
  readonly roles: ModelTensors
  readonly digest: string
  readonly suggestedSampling: Checkpoint['suggestedSampling']
  readonly #init: OpenedCheckpointInit
  #tokenizer: Promise<Tokenizer> | undefined

  constructor(init: OpenedCheckpointInit) {
    this.reference = init.files.reference
    this.format = init.description.format
    this.config = init.config
    this.files = init.files
    this.tensors = init.description.table.tensors
    this.roles = init.description.roles
    this.digest = init.digest
    this.suggestedSampling = init.suggestedSampling
    this.#init = init
  }

  tokenizer(): Promise<Tokenizer> {
    this.#tokenizer ??= this.#readTokenizer()
    return this.#tokenizer
  }

  chatTemplate(): ChatTemplate | undefined {
    return this.#init.chatTemplate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#init.files[Symbol.asyncDispose]()
  }

  async #readTokenizer(): Promise<Tokenizer> {
    const { files, description } = this.#init
    const { metadata } = description
    return metadata?.has('tokenizer.ggml.model') === true
      ? tokenizerFromGguf(metadata)
      : tokenizerFromFiles(files)
  }
}
