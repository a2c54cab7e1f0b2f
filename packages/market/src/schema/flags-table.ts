/** `market.flags`: answers that their users called no success. */
export interface FlagsTable {
  readonly request: string
  readonly reason: string
  readonly at_ms: bigint
}
