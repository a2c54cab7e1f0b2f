import { InvalidValueError } from './errors.ts'

/** A contiguous range of layers: `first` to `first + count - 1`, counted from 0. */
export interface LayerRange {
  readonly first: number
  readonly count: number
}

/** Writes a range as people do: `0-7`, or `3` for one layer. */
export function formatLayerRange(range: LayerRange): string {
  return range.count === 1 ? String(range.first) : `${range.first}-${range.first + range.count - 1}`
}

/**
 * Reads `0-7` or `3`.
 *
 * @throws InvalidValueError if the text is neither, or the end lies before the start.
 */
export function parseLayerRange(text: string): LayerRange {
  const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text.trim())
  const first = Number(match?.[1])
  const last = match?.[2] === undefined ? first : Number(match[2])
  if (match === null || last < first) {
    throw new InvalidValueError(
      `"${text}" is not a layer range; write it as 0-7 or 3, first layer not after the last`,
    )
  }
  return { first, count: last - first + 1 }
}

/** The layers of `0..layerCount-1` that none of `ranges` holds, as ranges in order. */
export function missingLayers(ranges: readonly LayerRange[], layerCount: number): readonly LayerRange[] {
  const missing: LayerRange[] = []
  const ordered = ranges.toSorted((a, b) => a.first - b.first)
  let next = 0
  for (const range of ordered) {
    if (range.first > next) missing.push({ first: next, count: range.first - next })
    next = Math.max(next, range.first + range.count)
  }
  if (next < layerCount) missing.push({ first: next, count: layerCount - next })
  return missing
}
