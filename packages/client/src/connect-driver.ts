import type { Clock, Log, Random } from '@shardline/core'
import { historyKeyFromSeed, SEED_BYTES } from '@shardline/identity'
import type { HistoryKey } from '@shardline/identity'
import type { Transport } from '@shardline/wire'
import type { AnswerSource } from './answer-source.ts'
import { DriverConnection } from './driver-connection.ts'
import type { ClientLimits } from './driver-connection.ts'
import type { DriverTarget } from './driver-target.ts'

/** Collaborators of {@link connectDriver}. They stay the caller's: closing the source doesn't close them. */
export interface ConnectComponents {
  /** Reaches drivers, as a `client`, in the name of the user. */
  readonly transport: Transport
  readonly clock: Clock
  /** Draws the ids of requests and what seals are made of. */
  readonly random: Random
  readonly log: Log
  /** Of the user, who can read its prompts and answers again with it. @default one that is forgotten with the source */
  readonly historyKey?: HistoryKey | undefined
}

/** Options of {@link connectDriver}. */
export interface ConnectInit extends DriverTarget {
  readonly limits?: ClientLimits
  /** Gives connecting up. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Connects to a driver, and makes sure that it is that driver: the link is authenticated, and the key that prompts are
 * sealed to is signed by it. The link is shared by all asks, and made anew when it was lost.
 *
 * @throws DriverUnreachableError; DriverAnswerInvalidError; AbortedError; DriverKeyInvalidError, DriverKeyForgedError,
 * DriverKeyNotCurrentError or DriverKeyExpiredError of `@shardline/identity`.
 */
export async function connectDriver(components: ConnectComponents, init: ConnectInit): Promise<AnswerSource> {
  const historyKey = components.historyKey ?? historyKeyFromSeed(components.random.bytes(SEED_BYTES))
  const connection = new DriverConnection({ ...components, historyKey }, init)
  await connection.open(init.signal)
  return connection
}
