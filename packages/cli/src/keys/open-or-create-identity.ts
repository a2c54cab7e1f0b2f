import { KeyUnknownError, identityFromSeed } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { openKeyStore } from './open-key-store.ts'
import { existingPassphrase } from './passphrase.ts'

/** The identity of a service, and whether it was made just now. */
export interface ServiceIdentity {
  readonly identity: Identity
  readonly isNew: boolean
}

type IdentityContext = Pick<CommandContext, 'config' | 'terminal' | 'interrupt' | 'clock' | 'random'>

/**
 * Opens the key of a service that others have to know again, and makes it on the first start.
 *
 * @throws what a KeyStore throws.
 */
export async function openOrCreateIdentity(name: string, context: IdentityContext): Promise<ServiceIdentity> {
  const store = openKeyStore(context)
  const isNew = await isMissing(() => store.head(name))
  if (isNew) await store.create({ name, passphrase: context.config.passphrase })
  const { isProtected } = await store.head(name)
  const passphrase = isProtected ? await existingPassphrase(name, context) : undefined
  const { seed } = await store.open({ name, passphrase })
  return { identity: await identityFromSeed(seed), isNew }
}

async function isMissing(head: () => Promise<unknown>): Promise<boolean> {
  try {
    await head()
    return false
  } catch (cause) {
    if (cause instanceof KeyUnknownError) return true
    throw cause
  }
}
