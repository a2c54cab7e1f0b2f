import type { Random } from '@shardline/core'
import { identityFromSeed, partyId, partyIdOf, SEED_BYTES } from '@shardline/identity'
import type { Identity, PartyId } from '@shardline/identity'
import type { LinkSecurityInit } from '@shardline/wire'

/** Who one process is, made by the process that starts it. */
export interface RoleKey {
  readonly identity: Identity
  /** What the process makes the identity from. */
  readonly seed: Uint8Array
}

/** What a role process is given: who it is, and who may connect to it. */
export interface GivenKey {
  readonly seed: Uint8Array
  /** Ids. */
  readonly allow: readonly string[]
}

/** A key that lives as long as its process. */
export async function createRoleKey(random: Random): Promise<RoleKey> {
  const seed = random.bytes(SEED_BYTES)
  return { seed, identity: await identityFromSeed(seed) }
}

/**
 * How a process of this identity is on its links. Without `allow` everybody may connect to it.
 *
 * @throws PartyIdInvalidError if one of `allow` is no id.
 */
export function linkSecurity(identity: Identity, allow: readonly string[] | undefined): LinkSecurityInit {
  const allowed = allow === undefined ? undefined : new Set<PartyId>(allow.map(partyId))
  return {
    identity,
    formatKey: partyIdOf,
    ...(allowed === undefined ? {} : { admit: (publicKey) => allowed.has(partyIdOf(publicKey)) }),
  }
}
