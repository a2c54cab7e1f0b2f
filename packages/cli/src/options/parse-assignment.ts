import { InvalidArgumentError } from 'commander'

/** One setting of the command line. */
export type Assignment = readonly [name: string, value: string]

/** Parses `name=value`. What names and values there are is checked with the file's. */
export function parseAssignment(text: string): Assignment {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new InvalidArgumentError('Allowed is name=value, such as feeBps=500.')
}
