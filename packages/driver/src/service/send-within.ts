import type { Clock, Milliseconds } from '@shardline/core'
import type { Link, Message } from '@shardline/wire'
import { ClientSlowError } from './service-errors.ts'

/** What {@link sendWithin} sends on. */
export interface SendWithinComponents {
  readonly link: Pick<Link, 'send'>
  readonly clock: Clock
}

/** Sends to a client. @throws ClientSlowError if it takes too long; what {@link Link.send} throws. */
export async function sendWithin(
  { link, clock }: SendWithinComponents,
  message: Message,
  msMax: Milliseconds,
): Promise<void> {
  const done = new AbortController()
  const late = clock.sleep(msMax, { signal: done.signal }).then(
    () => {
      throw new ClientSlowError(msMax)
    },
    () => undefined,
  )
  try {
    await Promise.race([link.send(message), late])
  } finally {
    done.abort()
  }
}
