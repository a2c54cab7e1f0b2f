import type { Identity } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { openUser } from './open-user.ts'

/**
 * The identity of a key that was made with `shardline keys new`.
 *
 * @throws what a KeyStore throws.
 */
export async function openIdentity(name: string, context: CommandContext): Promise<Identity> {
  const { identity } = await openUser(name, context)
  return identity
}
