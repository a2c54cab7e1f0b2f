import type { SamplerScratch } from './sampler-scratch.ts'

/**
 * Makes every token whose logit is above -Infinity a candidate, with its logit in the place of its weight,
 * and returns the highest logit; -Infinity if there is none.
 */
export function collectCandidates(scratch: SamplerScratch): number {
  const { logits, ids, weights } = scratch
  let count = 0
  let highest = -Infinity
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? 0
    if (logit === -Infinity) continue
    if (logit > highest) highest = logit
    ids[count] = id
    weights[count] = logit
    count++
  }
  scratch.count = count
  return highest
}

/** Keeps the candidates up to and including the token `lastId` in the total order, with their weights. */
export function keepUpTo(scratch: SamplerScratch, lastId: number): void {
  const { logits, ids, weights } = scratch
  const lastLogit = logits[lastId] ?? 0
  let count = 0
  let total = 0
  for (let i = 0; i < scratch.count; i++) {
    const id = ids[i] ?? 0
    const logit = logits[id] ?? 0
    if (logit < lastLogit || (logit === lastLogit && id > lastId)) continue
    const weight = weights[i] ?? 0
    ids[count] = id
    weights[count] = weight
    total += weight
    count++
  }
  scratch.count = count
  scratch.total = total
}

/** Keeps the candidates whose weight is at least `least`. */
export function keepFromWeight(scratch: SamplerScratch, least: number): void {
  const { ids, weights } = scratch
  let count = 0
  let total = 0
  for (let i = 0; i < scratch.count; i++) {
    const weight = weights[i] ?? 0
    if (weight < least) continue
    ids[count] = ids[i] ?? 0
    weights[count] = weight
    total += weight
    count++
  }
  scratch.count = count
  scratch.total = total
}
