/** The id of the highest logit, of equal ones the lowest id; undefined if all are -Infinity. */
export function pickGreedy(logits: Float64Array): number | undefined {
  let best: number | undefined
  let highest = -Infinity
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? 0
    if (logit > highest) {
      highest = logit
      best = id
    }
  }
  return best
}
