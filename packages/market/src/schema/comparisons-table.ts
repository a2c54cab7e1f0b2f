/** `market.comparisons`: one prompt run twice, and which answer was preferred. */
export interface ComparisonsTable {
  readonly preferred: string
  readonly other: string
  readonly at_ms: bigint
}
