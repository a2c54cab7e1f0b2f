import { LAYERS_MAX } from '@shardline/core'
import { ConfigInvalidError, FeatureUnsupportedError } from '../errors.ts'
import { MODEL_WIDTH_MAX, VOCABULARY_MAX } from '../limits.ts'
import type { ModelConfig, ModelFamily } from '../model-config.ts'
import { checkConfig, checkSlidingWindow, defaultHeadSize } from './check-config.ts'
import type { ConfigReader } from './config-reader.ts'
import type { TensorFacts } from './family.ts'
import { ggufNames } from './gguf-names.ts'
import { readGgufRope } from './rope.ts'

/** What a family's own file decides about the metadata of a GGUF file. */
export interface GgufTraits {
  readonly family: ModelFamily
  readonly hasQkvBias: boolean
  readonly hasQkNorm: boolean
}

const WIDTH = { min: 1, max: MODEL_WIDTH_MAX }
const POSITIONS = { min: 1, max: 2 ** 31 }

/**
 * Reads what the metadata of all families' GGUF files have in common. The vocabulary is as large as the embedding matrix.
 *
 * @param reader Keys without the architecture's prefix; those of `tokenizer.ggml` as they are.
 * @throws ConfigInvalidError, RopeScalingUnsupportedError, SlidingWindowUnsupportedError, FeatureUnsupportedError.
 */
export function readGgufConfig(reader: ConfigReader, facts: TensorFacts, traits: GgufTraits): ModelConfig {
  checkExperts(reader)
  const hiddenSize = reader.integer('embedding_length', WIDTH)
  const headCount = reader.integer('attention.head_count', WIDTH)
  const contextLength = reader.integer('context_length', POSITIONS)
  if (reader.has('attention.sliding_window'))
    checkSlidingWindow(
      reader.integer('attention.sliding_window', { min: 0, max: 2 ** 31 }) || undefined,
      contextLength,
    )
  const headSize = readHeadSize(reader, hiddenSize, headCount)
  const config: ModelConfig = {
    ...traits,
    layerCount: reader.integer('block_count', { min: 1, max: LAYERS_MAX }),
    hiddenSize,
    feedForwardSize: reader.integer('feed_forward_length', WIDTH),
    headCount,
    kvHeadCount: reader.integerOr('attention.head_count_kv', WIDTH, headCount),
    headSize,
    vocabularySize: readVocabularySize(reader, facts),
    contextLength,
    normEpsilon: reader.positive('attention.layer_norm_rms_epsilon'),
    rope: readGgufRope(reader, facts),
    hasAttentionOutputBias: facts.has(ggufNames.layer('attentionOutputBias', 0)),
    hasFeedForwardBias: facts.has(ggufNames.layer('gateBias', 0)),
    isTied: !facts.has(ggufNames.global('head')),
    bosTokenId: reader.tokenIds('tokenizer.ggml.bos_token_id')[0],
    eosTokenIds: readEosTokenIds(reader),
  }
  return checkConfig(config, reader.source)
}

function readEosTokenIds(reader: ConfigReader): readonly number[] {
  const keys = ['tokenizer.ggml.eos_token_id', 'tokenizer.ggml.eot_token_id', 'tokenizer.ggml.eom_token_id']
  return [...new Set(keys.flatMap((key) => reader.tokenIds(key)))]
}

function readVocabularySize(reader: ConfigReader, facts: TensorFacts): number {
  const rows = facts.embeddingRows ?? reader.integer('vocab_size', { min: 1, max: VOCABULARY_MAX })
  if (rows > VOCABULARY_MAX)
    throw new ConfigInvalidError(
      reader.source,
      `its vocabulary has ${rows} entries; ${VOCABULARY_MAX} are allowed`,
    )
  return rows
}

function readHeadSize(reader: ConfigReader, hiddenSize: number, headCount: number): number {
  const headSize = reader.has('attention.key_length')
    ? reader.integer('attention.key_length', WIDTH)
    : defaultHeadSize(hiddenSize, headCount, reader.source)
  const valueSize = reader.integerOr('attention.value_length', WIDTH, headSize)
  const rotatedSize = reader.integerOr('rope.dimension_count', WIDTH, headSize)
  if (valueSize !== headSize)
    throw new FeatureUnsupportedError(
      reader.source,
      `keys are ${headSize} wide and values ${valueSize}; they must be alike`,
    )
  if (rotatedSize !== headSize)
    throw new FeatureUnsupportedError(
      reader.source,
      `only ${rotatedSize} of ${headSize} elements of a head are rotated; all must be`,
    )
  return headSize
}

function checkExperts(reader: ConfigReader): void {
  const experts = reader.integerOr('expert_count', { min: 0, max: 2 ** 31 }, 0)
  if (experts > 0)
    throw new FeatureUnsupportedError(
      reader.source,
      `it has ${experts} experts; only dense models are supported`,
    )
}
