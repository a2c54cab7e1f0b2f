import { parsePeerAddress } from '@shardline/node'
import { partyIdOf } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'

/** Who has to be at these addresses, as far as they say so. @throws PartyIdInvalidError */
export function partiesOf(addresses: readonly string[]): readonly PartyId[] {
  return addresses.flatMap((address) => {
    const { expectPublicKey } = parsePeerAddress(address)
    return expectPublicKey === undefined ? [] : [partyIdOf(expectPublicKey)]
  })
}
