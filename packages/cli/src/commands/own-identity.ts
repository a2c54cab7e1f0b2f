import { createIdentity, identityFromSeed } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { openIdentity } from '../keys/open-identity.ts'
import type { CommandContext } from './command-context.ts'

/** Who this process is on its links, and who may connect to it as far as the process that started it says so. */
export interface OwnIdentity {
  readonly identity: Identity
  /** Ids; undefined if nobody said so. */
  readonly allow: readonly string[] | undefined
}

/**
 * Who this process is: the key that it was told to use; else what the process that started it gave it to be; else
 * somebody new, for as long as it lives.
 *
 * @throws what a KeyStore throws.
 */
export async function ownIdentity(
  options: { readonly key: string | undefined },
  context: CommandContext,
): Promise<OwnIdentity> {
  const { config, random, supervised } = context
  if (options.key !== undefined) {
    return { identity: await openIdentity(options.key, context), allow: undefined }
  }
  if (supervised === undefined || !config.isKeyGiven) {
    return { identity: await createIdentity(random), allow: undefined }
  }
  const { seed, allow } = await supervised.key
  return { identity: await identityFromSeed(seed), allow }
}
