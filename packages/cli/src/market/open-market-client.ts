import { connectMarket } from '@shardline/client'
import type { MarketClient } from '@shardline/client'
import { partyId } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'

/** A market that a command asks. */
export interface AskedMarket {
  /** Where it is, without its id. */
  readonly address: string
  readonly client: MarketClient
}

/** What {@link openMarketClient} takes. */
export interface OpenMarketInit {
  /** What `--market` says, with `#` and its id behind it where the user knows which market it has to be. */
  readonly market: string | undefined
  /** Who asks. @default nobody */
  readonly identity?: Identity
}

/** The market that a command was told to ask. A command reads, and says at once if it can't: the user may run it again. */
export function openMarketClient(
  init: OpenMarketInit,
  { config, clock, random }: Pick<CommandContext, 'config' | 'clock' | 'random'>,
): AskedMarket {
  const [address = '', id] = (init.market ?? config.market).split('#')
  const client = connectMarket({
    url: address,
    marketId: id === undefined ? undefined : partyId(id),
    identity: init.identity,
    clock,
    random,
    limits: { triesMax: 1 },
  })
  return { address, client }
}
