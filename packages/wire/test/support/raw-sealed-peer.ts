import type { FrameChannel, LinkIdentity } from '../../src/index.ts'
import { DialFailedError, nodeLinkCrypto, WIRE_LIMITS_DEFAULT } from '../../src/index.ts'
import { resolveLinkSecurity } from '../../src/secure/link-security.ts'
import { secureChannel } from '../../src/secure/secure-channel.ts'
import { RawInbox } from '../compliance/raw-inbox.ts'
import type { RawPeer } from '../compliance/transport-fixture.ts'

/** Options of {@link rawSealedPeer}. */
export interface RawSealedPeerInit {
  readonly opened: Promise<void>
  readonly identity: LinkIdentity
}

/** A peer that shakes hands as it should, and then speaks bytes: no messages, no rules. */
export async function rawSealedPeer(channel: FrameChannel, init: RawSealedPeerInit): Promise<RawPeer> {
  const inbox = new RawInbox()
  const { channel: sealed } = await secureChannel(channel, {
    side: 'dialing',
    security: resolveLinkSecurity({ identity: init.identity }, nodeLinkCrypto),
    limits: WIRE_LIMITS_DEFAULT,
    opened: init.opened,
    signal: new AbortController().signal,
    expectPublicKey: undefined,
    goneError: (detail) => new DialFailedError(channel.address, detail),
  })
  return rawPeer(sealed, inbox)
}

/** A peer that speaks bytes. */
export function rawPeer(channel: FrameChannel, inbox: RawInbox = new RawInbox()): RawPeer {
  channel.attach({
    onFrame: (bytes) => inbox.put(bytes),
    onDrain: () => undefined,
    onBroken: () => undefined,
    onGone: () => inbox.end(),
  })
  return {
    send: (bytes) => channel.write(bytes),
    next: inbox.next,
    destroy: () => channel.destroy(),
    closed: channel.closed,
  }
}
