import { historyKeyFromSeed, identityFromSeed } from '@shardline/identity'
import type { HistoryKey, Identity } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { openKeyStore } from './open-key-store.ts'
import { existingPassphrase } from './passphrase.ts'

/** Someone who asks: in whose name, and what opens prompts and answers again. */
export interface User {
  readonly identity: Identity
  readonly historyKey: HistoryKey
}

/**
 * The user of a key that was made with `shardline keys new`.
 *
 * @throws what a KeyStore throws.
 */
export async function openUser(name: string, context: CommandContext): Promise<User> {
  const store = openKeyStore(context)
  const { isProtected } = await store.head(name)
  const passphrase = isProtected ? await existingPassphrase(name, context) : undefined
  const { seed } = await store.open({ name, passphrase })
  return userOf(seed)
}

/** The user of a seed. */
export async function userOf(seed: Uint8Array): Promise<User> {
  return { identity: await identityFromSeed(seed), historyKey: historyKeyFromSeed(seed) }
}
