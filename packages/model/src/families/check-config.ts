import { ConfigInvalidError, FeatureUnsupportedError, SlidingWindowUnsupportedError } from '../errors.ts'
import type { ModelConfig } from '../model-config.ts'

/**
 * Checks what no single value shows.
 *
 * @throws ConfigInvalidError if sizes don't fit each other.
 */
export function checkConfig(config: ModelConfig, source: string): ModelConfig {
  if (config.headCount % config.kvHeadCount !== 0)
    throw new ConfigInvalidError(
      source,
      `${config.headCount} query heads do not divide among ${config.kvHeadCount} KV heads`,
    )
  if (config.headSize % 2 !== 0)
    throw new FeatureUnsupportedError(
      source,
      `its head size is ${config.headSize}; only even sizes can be rotated`,
    )
  if (config.rope.scaling.kind === 'factors' && config.rope.scaling.factors.length !== config.headSize / 2)
    throw new ConfigInvalidError(
      source,
      `it has ${config.rope.scaling.factors.length} rotary factors; its head size of ${config.headSize} needs ${config.headSize / 2}`,
    )
  const tokenIds = [...config.eosTokenIds, ...(config.bosTokenId === undefined ? [] : [config.bosTokenId])]
  const outside = tokenIds.find((id) => id >= config.vocabularySize)
  if (outside !== undefined)
    throw new ConfigInvalidError(
      source,
      `the token id ${outside} is not in the vocabulary of ${config.vocabularySize}`,
    )
  return config
}

/** The width of a head where the description does not give it. @throws ConfigInvalidError if the heads don't divide the width. */
export function defaultHeadSize(hiddenSize: number, headCount: number, source: string): number {
  if (hiddenSize % headCount !== 0)
    throw new ConfigInvalidError(
      source,
      `a width of ${hiddenSize} does not divide among ${headCount} heads, and no head size is given`,
    )
  return hiddenSize / headCount
}

/** @throws SlidingWindowUnsupportedError if a window is given that is shorter than the context. */
export function checkSlidingWindow(windowTokens: number | undefined, contextLength: number): void {
  if (windowTokens !== undefined && windowTokens < contextLength)
    throw new SlidingWindowUnsupportedError(windowTokens, contextLength)
}
