import { connectWorkSource } from '@shardline/client'
import type {
  CapacityAsk,
  NodeAsk,
  NodeDirectory,
  NodeRegistry,
  NodeWork,
  WorkSource,
} from '@shardline/client'
import type { Log } from '@shardline/core'
import { partyId } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { defined } from '../cluster/defined.ts'
import type { JoinOptions } from '../options/join-options.ts'
import { MarketPresence } from './market-presence.ts'

/** Options of {@link joinMarket}. */
export interface JoinMarketInit {
  readonly market: NodeRegistry
  readonly role: 'driver' | 'worker' | 'validator'
  /** Where others dial it, without its id; undefined or an address that can't be dialed from elsewhere is not told. */
  readonly address: string | undefined
  readonly options: Pick<JoinOptions, 'region'>
  readonly log: Log
  /** Lowest price at which it works, in microcredits per 1,000,000 tokens. @default any */
  readonly priceFloor?: bigint | undefined
  /** What its machine can do. @default it doesn't say */
  readonly work?: () => Promise<NodeWork>
  readonly sealingKey?: () => Promise<NonNullable<NodeAsk['sealingKey']>>
  readonly capacities?: () => Promise<readonly CapacityAsk[]>
}

/** Hosts that say where to listen, and not where to dial. */
const EVERYWHERE: readonly string[] = ['0.0.0.0', '[::]']

/** A market as a node that works there has it. Nothing is sent before the first call. */
export function openWorkSource(
  market: string,
  identity: Identity,
  { clock, random }: Pick<CommandContext, 'clock' | 'random'>,
): WorkSource & NodeRegistry & NodeDirectory {
  const [url = '', id] = market.split('#')
  return connectWorkSource({
    url,
    marketId: id === undefined ? undefined : partyId(id),
    identity,
    clock,
    random,
  })
}

/** Puts this node on a market until it is stopped. @throws what a market refuses it with. */
export async function joinMarket(
  init: JoinMarketInit,
  { clock, terminal }: Pick<CommandContext, 'clock' | 'terminal'>,
): Promise<MarketPresence> {
  const { market: registry, role, options, log, work, sealingKey, capacities } = init
  const address = dialable(init.address)
  const node = async (): Promise<NodeAsk> => ({
    roles: [role],
    ...defined({
      address,
      region: options.region,
      work: await work?.(),
      sealingKey: await sealingKey?.(),
      priceFloor: init.priceFloor?.toString(),
    }),
  })
  const presence = new MarketPresence(
    { registry, clock, log },
    {
      node,
      ...defined({ capacities }),
      onAway: (error) => terminal.note(`warning: ${error.message}; it is tried again [${error.code}]\n`),
    },
  )
  await presence.start()
  return presence
}

function dialable(address: string | undefined): string | undefined {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || EVERYWHERE.includes(url.hostname)) return undefined
  if (/^relays?:$/.test(url.protocol)) return `${url.protocol}//${url.host}${url.pathname}`
  return /^wss?:$/.test(url.protocol) ? `${url.protocol}//${url.host}` : undefined
}
