import { InvalidArgumentError } from 'commander'

const NS_PER_MS = 1_000_000n
const FORM = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/

/** Parses a day or a time, in UTC unless it says otherwise, as nanoseconds since 1970. */
export function parseTimeNs(text: string): bigint {
  const match = FORM.exec(text)
  const isWithoutZone = text.includes('T') && match?.[1] === undefined
  const ms = match === null ? Number.NaN : Date.parse(isWithoutZone ? `${text}Z` : text)
  if (Number.isFinite(ms)) return BigInt(ms) * NS_PER_MS
  throw new InvalidArgumentError('Allowed is a time such as 2026-01-31 or 2026-01-31T12:00:00Z.')
}
