import { LAYERS_MAX } from '@shardline/core'
import { ActivationUnsupportedError, FeatureUnsupportedError } from '../errors.ts'
import { MODEL_WIDTH_MAX, VOCABULARY_MAX } from '../limits.ts'
import type { ModelConfig, ModelFamily } from '../model-config.ts'
import { checkConfig, checkSlidingWindow, defaultHeadSize } from './check-config.ts'
import type { ConfigReader, IntegerRange } from './config-reader.ts'
import type { TensorFacts } from './family.ts'
import { huggingFaceNames } from './hugging-face-names.ts'
import { readHuggingFaceRope } from './rope.ts'

/** What a family's own file decides about a config.json. */
export interface HuggingFaceTraits {
  readonly family: ModelFamily
  readonly hasQkvBias: boolean
  readonly hasAttentionOutputBias: boolean
  readonly hasFeedForwardBias: boolean
  readonly hasQkNorm: boolean
  /** Tokens of the sliding window; undefined if the whole context is attended to. */
  readonly slidingWindow: number | undefined
  /** Width of a head where `head_dim` is missing; undefined for the width divided by the heads. */
  readonly headSizeDefault: number | undefined
}

const WIDTH = { min: 1, max: MODEL_WIDTH_MAX }
/** Tokens of a sliding window that a config.json may name. */
export const WINDOW_TOKENS: IntegerRange = { min: 1, max: 2 ** 31 }

/**
 * Reads what the config.json of all families has in common.
 *
 * A model is tied if `tie_word_embeddings` says so or there is no LM head.
 *
 * @throws ConfigInvalidError, ActivationUnsupportedError, RopeScalingUnsupportedError, SlidingWindowUnsupportedError,
 * FeatureUnsupportedError.
 */
export function readHuggingFace(
  reader: ConfigReader,
  facts: TensorFacts,
  traits: HuggingFaceTraits,
): ModelConfig {
  checkActivation(reader)
  checkLayerTypes(reader)
  checkQuantization(reader)
  const hiddenSize = reader.integer('hidden_size', WIDTH)
  const headCount = reader.integer('num_attention_heads', WIDTH)
  const contextLength = reader.integerOr('max_position_embeddings', WINDOW_TOKENS, 2048)
  checkSlidingWindow(traits.slidingWindow, contextLength)
  const { family, hasQkvBias, hasAttentionOutputBias, hasFeedForwardBias, hasQkNorm } = traits
  const config: ModelConfig = {
    family,
    layerCount: reader.integer('num_hidden_layers', { min: 1, max: LAYERS_MAX }),
    hiddenSize,
    feedForwardSize: reader.integer('intermediate_size', WIDTH),
    headCount,
    kvHeadCount: reader.integerOr('num_key_value_heads', WIDTH, headCount),
    headSize: reader.has('head_dim')
      ? reader.integer('head_dim', WIDTH)
      : (traits.headSizeDefault ?? defaultHeadSize(hiddenSize, headCount, reader.source)),
    vocabularySize: reader.integer('vocab_size', { min: 1, max: VOCABULARY_MAX }),
    contextLength,
    normEpsilon: reader.positiveOr('rms_norm_eps', 1e-6),
    rope: readHuggingFaceRope(reader),
    hasQkvBias,
    hasAttentionOutputBias,
    hasFeedForwardBias,
    hasQkNorm,
    isTied: reader.booleanOr('tie_word_embeddings', false) || !facts.has(huggingFaceNames.global('head')),
    bosTokenId: reader.tokenIds('bos_token_id')[0],
    eosTokenIds: reader.tokenIds('eos_token_id'),
  }
  return checkConfig(config, reader.source)
}

function checkActivation(reader: ConfigReader): void {
  const activation = reader.text('hidden_act') ?? 'silu'
  if (activation !== 'silu') throw new ActivationUnsupportedError(activation, ['silu'])
}

function checkLayerTypes(reader: ConfigReader): void {
  const types = reader.raw('layer_types')
  if (!Array.isArray(types)) return
  const other: unknown = types.find((type) => type !== 'full_attention')
  if (other !== undefined)
    throw new FeatureUnsupportedError(
      reader.source,
      `a layer has the type ${JSON.stringify(other)}; supported is full_attention`,
    )
}

function checkQuantization(reader: ConfigReader): void {
  if (!reader.has('quantization_config')) return
  const method = reader.object('quantization_config').text('quant_method') ?? 'unknown'
  throw new FeatureUnsupportedError(
    reader.source,
    `its weights are quantized by "${method}"; supported are plain floats, and the block formats of GGUF files`,
  )
}
