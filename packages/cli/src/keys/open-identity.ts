import { identityFromSeed } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { openKeyStore } from './open-key-store.ts'
import { existingPassphrase } from './passphrase.ts'

/**
 * The identity of a key that was made with `shardline keys new`.
 *
 * @throws what a KeyStore throws.
 */
export async function openIdentity(name: string, context: CommandContext): Promise<Identity> {
  const store = openKeyStore(context)
  const { isProtected } = await store.head(name)
  const passphrase = isProtected ? await existingPassphrase(name, context) : undefined
  const { seed } = await store.open({ name, passphrase })
  return identityFromSeed(seed)
}
