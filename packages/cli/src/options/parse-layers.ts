import { fromUnknown, parseLayerRange, STAGES_MAX } from '@shardline/core'
import type { LayerRange } from '@shardline/core'
import { InvalidArgumentError } from 'commander'

/** Parses one layer range: `0-3`, or `5` for one layer. */
export function parseLayers(text: string): LayerRange {
  try {
    return parseLayerRange(text)
  } catch (cause) {
    throw new InvalidArgumentError(fromUnknown(cause).message)
  }
}

/** Parses the layers of several workers in order: `0-3,4-7`. */
export function parseLayerList(text: string): readonly LayerRange[] {
  const ranges = text.split(',').map(parseLayers)
  if (ranges.length > STAGES_MAX) {
    throw new InvalidArgumentError(`Allowed are up to ${STAGES_MAX} ranges.`)
  }
  return ranges
}
