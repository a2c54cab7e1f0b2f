import { silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Clock, Log } from '@shardline/core'
import { MemoryNonces, createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { serveMarket } from '@shardline/market'
import type { MarketServer, ServeMarketOptions } from '@shardline/market'
import { marketDouble } from './market-double.ts'
import type { MarketDouble } from './market-double.ts'
import { SignedClient } from './signed-client.ts'

/** A served double, and someone who asks it. */
export interface DoubleServer extends AsyncDisposable {
  readonly market: MarketDouble
  readonly server: MarketServer
  readonly client: SignedClient
  readonly alice: Identity
  readonly bob: Identity
}

export async function serveDouble(
  options: ServeMarketOptions = {},
  { log = silentLog, clock = systemClock }: { readonly log?: Log; readonly clock?: Clock } = {},
): Promise<DoubleServer> {
  const market = marketDouble()
  const identity = await createIdentity(systemRandom)
  const nonces = new MemoryNonces({ clock: systemClock })
  const server = await serveMarket({ market, identity, clock, random: systemRandom, log, nonces }, options)
  return {
    market,
    server,
    client: new SignedClient(server.address, identity.id),
    alice: await createIdentity(systemRandom),
    bob: await createIdentity(systemRandom),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
