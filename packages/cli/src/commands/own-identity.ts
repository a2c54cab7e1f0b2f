import { createIdentity, identityFromSeed } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { CommandContext } from './command-context.ts'

/** Who this process is on its links, and who may connect to it as far as the process that started it says so. */
export interface OwnIdentity {
  readonly identity: Identity
  /** Ids; undefined if nobody said so. */
  readonly allow: readonly string[] | undefined
}

/** What the process that started this one gave it to be; else somebody new, for as long as this process lives. */
export async function ownIdentity({ config, random, supervised }: CommandContext): Promise<OwnIdentity> {
  if (supervised === undefined || !config.isKeyGiven) {
    return { identity: await createIdentity(random), allow: undefined }
  }
  const { seed, allow } = await supervised.key
  return { identity: await identityFromSeed(seed), allow }
}
