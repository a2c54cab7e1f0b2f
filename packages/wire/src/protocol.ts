/** Protocol versions that one side speaks: all from `min` to `max`. */
export interface ProtocolRange {
  readonly min: number
  readonly max: number
}

/** Versions that this software speaks. A version fixes the catalogue of messages and their meaning. */
export const PROTOCOLS_SPOKEN: ProtocolRange = Object.freeze({ min: 1, max: 1 })

/** The highest version that both speak, or undefined if there is none. */
export function highestCommonProtocol(own: ProtocolRange, theirs: ProtocolRange): number | undefined {
  const highest = Math.min(own.max, theirs.max)
  return highest >= own.min && highest >= theirs.min ? highest : undefined
}

/** Writes a range for people: `1` or `1 to 3`. */
export function formatProtocols(range: ProtocolRange): string {
  return range.min === range.max ? String(range.min) : `${range.min} to ${range.max}`
}
