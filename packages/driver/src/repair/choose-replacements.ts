import type { LayerRange } from '@shardline/core'

/** A part of a pipeline that nobody holds. */
export interface OpenPart {
  /** Undefined for the validator's part. */
  readonly layers: LayerRange | undefined
  readonly neededBytes: number
}

/** A node that waits. */
export interface SpareOffer {
  readonly role: 'worker' | 'validator'
  /** Parts that it has loaded: layers, or undefined for the head. */
  readonly hot: readonly (LayerRange | undefined)[]
  /** Memory for what it hasn't loaded, once it lets go of what it has. */
  readonly freeBytes: number
}

/**
 * Gives each part a spare of its own, as far as they go: first those that have it loaded, then those with room for it, of
 * which the ones with nothing else loaded come first.
 *
 * @returns a spare or undefined for each part.
 */
export function chooseReplacements<Spare extends SpareOffer>(
  parts: readonly OpenPart[],
  spares: readonly Spare[],
): readonly (Spare | undefined)[] {
  const chosen = new Map<OpenPart, Spare>()
  const idle = new Set(spares)
  const fits = (spare: SpareOffer, part: OpenPart): boolean =>
    spare.role === (part.layers === undefined ? 'validator' : 'worker')
  const give = (part: OpenPart, spare: Spare | undefined): void => {
    if (spare === undefined) return
    chosen.set(part, spare)
    idle.delete(spare)
  }
  for (const part of parts) {
    give(
      part,
      [...idle].find((spare) => fits(spare, part) && spare.hot.some((hot) => isSame(hot, part.layers))),
    )
  }
  for (const part of parts) {
    if (chosen.has(part)) continue
    const able = [...idle].filter((spare) => fits(spare, part) && spare.freeBytes >= part.neededBytes)
    give(part, able.toSorted((a, b) => a.hot.length - b.hot.length)[0])
  }
  return parts.map((part) => chosen.get(part))
}

function isSame(a: LayerRange | undefined, b: LayerRange | undefined): boolean {
  return a?.first === b?.first && a?.count === b?.count
}
