import type { Identity } from '@shardline/identity'
import type { Signer } from '@shardline/ledger'

/** Signs the ledger's checkpoints with the market's key, under a name that no other market has. */
export function checkpointSigner(identity: Identity): Signer {
  return {
    name: `shardline-market/${identity.id}`,
    publicKey: identity.publicKey,
    sign: (message) => Promise.resolve(identity.sign(message)),
  }
}
