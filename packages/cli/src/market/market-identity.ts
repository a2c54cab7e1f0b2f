import { KeyUnknownError, identityFromSeed } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { Signer } from '@shardline/ledger'
import type { CommandContext } from '../commands/command-context.ts'
import { openKeyStore } from '../keys/open-key-store.ts'
import { existingPassphrase } from '../keys/passphrase.ts'

/** A market's identity, and whether it was made just now. */
export interface MarketIdentity {
  readonly identity: Identity
  readonly isNew: boolean
}

type IdentityContext = Pick<CommandContext, 'config' | 'terminal' | 'interrupt' | 'clock' | 'random'>

/**
 * Opens the key of a market, and makes it on the first start.
 *
 * @throws what a KeyStore throws.
 */
export async function openMarketIdentity(name: string, context: IdentityContext): Promise<MarketIdentity> {
  const store = openKeyStore(context)
  const isNew = await isMissing(() => store.head(name))
  if (isNew) await store.create({ name, passphrase: context.config.passphrase })
  const { isProtected } = await store.head(name)
  const passphrase = isProtected ? await existingPassphrase(name, context) : undefined
  const { seed } = await store.open({ name, passphrase })
  return { identity: await identityFromSeed(seed), isNew }
}

/** Signs the ledger's checkpoints with the market's key, under a name that no other market has. */
export function checkpointSigner(identity: Identity): Signer {
  return {
    name: `shardline-market/${identity.id}`,
    publicKey: identity.publicKey,
    sign: (message) => Promise.resolve(identity.sign(message)),
  }
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
