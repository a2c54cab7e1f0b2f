/**
 * Adds the bias to single logits; `-Infinity` bans a token, whatever its logit.
 *
 * @param logits f64 `[vocabularySize]`, changed in place.
 */
export function applyLogitBias(logits: Float64Array, bias: readonly (readonly [number, number])[]): void {
  for (const [id, value] of bias) logits[id] = value === -Infinity ? -Infinity : (logits[id] ?? 0) + value
}
