import { createHash } from 'node:crypto'

const DOMAIN = 'shardline/prompt-commitment/v1'

/**
 * What binds a user to a prompt without telling it: SHA3-256 over the domain, a salt that hides it, and a key that is
 * the same for equal prompts. Both 32 bytes, all in hex. Two commitments to one key look unrelated until they are
 * opened, so no node can tell a comparison from an ordinary request.
 */
export function promptCommitment({ salt, promptKey }: { salt: string; promptKey: string }): string {
  return createHash('sha3-256')
    .update(DOMAIN)
    .update(Buffer.from(salt, 'hex'))
    .update(Buffer.from(promptKey, 'hex'))
    .digest('hex')
}
