import { InvalidArgumentError } from 'commander'

/** A browser names an origin without a path, and in lower case. */
export function collectOrigin(text: string, before: readonly string[]): readonly string[] {
  const origin = URL.canParse(text) ? new URL(text).origin : 'null'
  if (origin !== 'null') return [...before, origin]
  throw new InvalidArgumentError(
    'Allowed is the origin of a page, such as https://chat.example or http://localhost:3000.',
  )
}
