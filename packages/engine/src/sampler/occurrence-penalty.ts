/** How much is taken off the logits of tokens already generated. */
export interface OccurrencePenalties {
  /** Taken off once. */
  readonly presencePenalty: number
  /** Taken off once per occurrence. */
  readonly frequencyPenalty: number
}

/**
 * Takes `presencePenalty + occurrences * frequencyPenalty` off the logits of tokens already generated; negative penalties add.
 *
 * Only generated tokens count: whoever samples is not given the prompt's tokens.
 *
 * @param logits f64 `[vocabularySize]`, changed in place.
 * @param generated how often each token was generated.
 */
export function applyOccurrencePenalty(
  logits: Float64Array,
  generated: ReadonlyMap<number, number>,
  penalties: OccurrencePenalties,
): void {
  const { presencePenalty, frequencyPenalty } = penalties
  if (presencePenalty === 0 && frequencyPenalty === 0) return
  for (const [id, occurrences] of generated) {
    logits[id] = (logits[id] ?? 0) - (presencePenalty + occurrences * frequencyPenalty)
  }
}
