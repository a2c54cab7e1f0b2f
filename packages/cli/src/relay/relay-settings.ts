import { RELAY_LIMITS_DEFAULT } from '@shardline/wire'
import type { RelayLimits } from '@shardline/wire'
import { OptionInvalidError } from '../errors.ts'
import type { Assignment } from '../options/parse-assignment.ts'

/**
 * Reads the limits of a relay; whether they fit each other is checked where they are used.
 *
 * @throws OptionInvalidError if one isn't there, or is no whole number.
 */
export function readRelayLimits(assignments: readonly Assignment[]): Partial<RelayLimits> {
  return Object.fromEntries(assignments.map(([name, text]) => [nameOf(name), numberOf(name, text)]))
}

function nameOf(name: string): string {
  if (Object.hasOwn(RELAY_LIMITS_DEFAULT, name)) return name
  const allowed = Object.keys(RELAY_LIMITS_DEFAULT).join(', ')
  throw new OptionInvalidError(`--set ${name}: a relay has no such limit; allowed are ${allowed}`)
}

function numberOf(name: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new OptionInvalidError(`--set ${name}: "${text}" is no whole number`)
}
