import { KeyStore, KeyUnknownError, identityFromSeed } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { DiskKeyFolder } from '../keys/disk-key-folder.ts'
import type { RoleKey } from './role-key.ts'

/**
 * The key of a part of this machine's own cluster, made on the first start and kept in `folder`: what it earned stays its
 * own. Without a passphrase, since it is good for nothing but play money.
 *
 * @throws what a KeyStore throws.
 */
export async function keptKey(
  name: string,
  folder: string,
  { clock, random }: Pick<CommandContext, 'clock' | 'random'>,
): Promise<RoleKey> {
  const disk = new DiskKeyFolder({ path: folder, random, platform: process.platform })
  const store = new KeyStore({ folder: disk, clock, random })
  const { seed } = await openOrCreate(store, name)
  return { seed, identity: await identityFromSeed(seed) }
}

async function openOrCreate(store: KeyStore, name: string): Promise<{ readonly seed: Uint8Array }> {
  try {
    return await store.open({ name, passphrase: undefined })
  } catch (cause) {
    if (!(cause instanceof KeyUnknownError)) throw cause
  }
  await store.create({ name, passphrase: undefined })
  return store.open({ name, passphrase: undefined })
}
