import path from 'node:path'
import { connectDriver, connectMarket, connectMarketSource } from '@shardline/client'
import type { AnswerSource, MarketClient } from '@shardline/client'
import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Random } from '@shardline/core'
import { createIdentity, partyIdOf } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { PostgresServer } from '@shardline/ledger/testing'
import { WebSocketTransport } from '@shardline/wire'
import { storyteller } from '../test-models.ts'
import type { ChaosProcess } from './chaos-process.ts'
import { proxyFaults } from './fault-proxy.ts'
import type { FaultProxy } from './fault-proxy.ts'
import { ProcessGroup } from './process-group.ts'

/** A process, the network before it, and who it is. */
export interface ChaosNode {
  readonly process: ChaosProcess
  readonly proxy: FaultProxy
  /** Where others dial it: behind its proxy, or that of its relay. */
  readonly address: string
  readonly identity: Identity
}

/** Options of {@link startChaosCluster}. */
export interface ChaosClusterInit {
  /** Draws what the network does. */
  readonly random: Random
  /** Workers that are planned at first. @default 2 */
  readonly workers?: number
  /** Workers, and as many validators, that stand by. @default 1 */
  readonly spares?: number
  /** Whether a market pays for the answers. @default false */
  readonly isPaid?: boolean
  /** Server of the market's database. @default an embedded one */
  readonly postgres?: PostgresServer | undefined
  /** Whether the second worker is behind a relay, and nobody can connect to it. @default false */
  readonly isRelayed?: boolean
}

/** A driver that serves, its stages and those that stand by, and their market: each a process behind a network of its own. */
export interface ChaosCluster extends AsyncDisposable {
  readonly group: ProcessGroup
  /** Those that were planned at first, then those that stood by. */
  readonly workers: readonly ChaosNode[]
  readonly validators: readonly ChaosNode[]
  readonly driver: ChaosNode
  /** Undefined where nobody pays. */
  readonly market: ChaosMarket | undefined
  /** Undefined where everybody can be reached. */
  readonly relay: ChaosNode | undefined
  /** What its user asks. */
  readonly source: AnswerSource
  /** Everybody who is paid. */
  readonly nodes: readonly ChaosNode[]
}

/** A market with a user who has credits. */
export interface ChaosMarket extends ChaosNode {
  /** The user's, at the market itself: no fault gets in the way of looking. */
  readonly client: MarketClient
  readonly user: Identity
  /** Folder of its database, or its address. */
  readonly database: string
  /** Server of the database; undefined if it is embedded. */
  readonly server: PostgresServer | undefined
  /** Microcredits that were ever deposited. */
  readonly deposited: bigint
}

/** The market's id of the bundled model. */
export const CHAOS_MODEL = 'storyteller/q4'
const CREDITS = 1_000_000_000n
const LISTENING = /^listening on (\S+)$/m
/** Who is behind the relay, if there is one. */
const RELAYED = 'worker-2'
const STAGE_ARGS = ['--threads', '1', '--no-spin']
/** Leases and capacities that end soon, so that a driver that is lost costs seconds and not minutes. */
const MARKET_SETTINGS = [
  'driverKeyIntervalMs=1',
  'claimLeaseMs=4000',
  'acknowledgeMsMax=6000',
  'attemptsMax=20',
  'requestMsDefault=45000',
]

const world = { clock: systemClock, random: systemRandom, log: silentLog }

/** Starts all processes. Everybody reaches everybody through the proxies alone. */
export async function startChaosCluster(init: ChaosClusterInit): Promise<ChaosCluster> {
  const { workers = 2, spares = 1 } = init
  await using building = new CleanupStack()
  const group = await ProcessGroup.create()
  building.add(() => group[Symbol.asyncDispose]())
  const place: Place = { group, building, random: init.random }
  const market = init.isPaid === true ? await startMarket(place, init.postgres) : undefined
  const relay = init.isRelayed === true ? await startRelay(place) : undefined
  const paid = market === undefined ? [] : ['--market', `${market.proxy.address}#${market.identity.id}`]
  const common = ['--model', storyteller, ...paid]
  const stages = (role: 'worker' | 'validator', count: number): Promise<readonly ChaosNode[]> => {
    const names = Array.from({ length: count }, (_, index) => `${role}-${index + 1}`)
    return Promise.all(
      names.map((name) => {
        const args = [role, '--name', name, ...STAGE_ARGS, ...common]
        if (relay !== undefined && name === RELAYED) return startRelayed(place, { name, args, relay })
        return startNode(place, { name, args: () => args, ready: LISTENING })
      }),
    )
  }
  const [workerNodes, validatorNodes] = await Promise.all([
    stages('worker', workers + spares),
    stages('validator', 1 + spares),
  ])
  const nodes = nodeOptions({ workers: workerNodes, planned: workers, validators: validatorNodes })
  const served = ['--serve-as', CHAOS_MODEL, '--quiet', ...common]
  const driver = await startNode(place, {
    name: 'driver',
    args: (address) => ['driver', ...nodes, ...served, '--advertise', address.replace(/#.*$/, '')],
    ready: /^serving on (\S+)$/m,
    listenAt: (port) => ['--serve', `127.0.0.1:${port}`],
  })
  const source = await connectSource({ driver, validators: validatorNodes, market })
  building.add(async () => source[Symbol.asyncDispose]())
  const cleanup = building.release()
  return {
    group,
    workers: workerNodes,
    validators: validatorNodes,
    driver,
    market,
    relay,
    source,
    nodes: [driver, ...workerNodes, ...validatorNodes],
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

interface Place {
  readonly group: ProcessGroup
  readonly building: CleanupStack
  readonly random: Random
}

interface NodeInit {
  readonly name: string
  /** Told the address of its proxy. */
  readonly args: (address: string) => readonly string[]
  readonly ready: RegExp
  readonly listenAt?: (port: number) => readonly string[]
}

async function startNode(
  { group, building, random }: Place,
  { name, args, ...init }: NodeInit,
): Promise<ChaosNode> {
  const identity = await group.createKey(name)
  const proxy = await proxyFaults(`ws://127.0.0.1:0#${identity.id}`, random)
  building.add(async () => proxy[Symbol.asyncDispose]())
  const process = await group.start({ ...init, name, args: [...args(proxy.address), '--key', name] })
  proxy.leadTo(process.address)
  return { process, proxy, identity, address: proxy.address }
}

/** A relay. What passes it goes through its proxy on the way of those who dial, and through the proxy of the node behind it. */
async function startRelay(place: Place): Promise<ChaosNode> {
  return startNode(place, { name: 'relay', args: () => ['relay', '--quiet'], ready: LISTENING })
}

interface RelayedInit {
  readonly name: string
  readonly args: readonly string[]
  readonly relay: ChaosNode
}

/** A node that is reached through a relay alone; its own proxy is on its way to the relay. */
async function startRelayed({ group, building, random }: Place, init: RelayedInit): Promise<ChaosNode> {
  const { name, args, relay } = init
  const identity = await group.createKey(name)
  const proxy = await proxyFaults(relay.process.address, random)
  building.add(async () => proxy[Symbol.asyncDispose]())
  const relayed = (at: string): string => `relay://${new URL(at).host}`
  const process = await group.start({
    name,
    args: [...args, '--key', name, '--relay', `${relayed(proxy.address)}#${relay.identity.id}`],
    ready: LISTENING,
  })
  const address = `${relayed(relay.proxy.address)}/${identity.id}#${identity.id}`
  return { process, proxy, identity, address }
}

interface NodesInit {
  readonly workers: readonly ChaosNode[]
  /** Workers that are planned at first. */
  readonly planned: number
  readonly validators: readonly ChaosNode[]
}

/** How a driver is told of its nodes. */
function nodeOptions({ workers, planned, validators }: NodesInit): readonly string[] {
  const list = (nodes: readonly ChaosNode[]): string => nodes.map(({ address }) => address).join(',')
  const options = [
    ['--workers', list(workers.slice(0, planned))],
    ['--validator', list(validators.slice(0, 1))],
    ['--spare-workers', list(workers.slice(planned))],
    ['--spare-validators', list(validators.slice(1))],
  ]
  return options.filter(([, addresses]) => addresses !== '').flat()
}

async function startMarket(
  { group, building, random }: Place,
  server: PostgresServer | undefined,
): Promise<ChaosMarket> {
  const database = (await server?.createDatabase()) ?? path.join(group.folder, 'market')
  const identity = await group.createKey('market')
  const settings = MARKET_SETTINGS.flatMap((setting) => ['--set', setting])
  const process = await group.start({
    name: 'market',
    args: ['market', '--quiet', '--database', database, '--model', `${CHAOS_MODEL}=8@100000000`, ...settings],
    ready: LISTENING,
    listenAt: (port) => ['--port', String(port)],
  })
  const proxy = await proxyFaults(process.address, random)
  building.add(async () => proxy[Symbol.asyncDispose]())
  const user = await createIdentity(systemRandom)
  const url = process.address
  await connectMarket({ url, identity, ...world }).deposit({ party: user.id, amount: CREDITS })
  const client = connectMarket({ url, identity: user, ...world })
  return {
    process,
    proxy,
    identity,
    user,
    client,
    database,
    server,
    address: proxy.address,
    deposited: CREDITS,
  }
}

interface SourceInit {
  readonly driver: ChaosNode
  readonly validators: readonly ChaosNode[]
  readonly market: ChaosMarket | undefined
}

/** The user asks through the proxies, as everybody does. */
async function connectSource({ driver, validators, market }: SourceInit): Promise<AnswerSource> {
  const identity = market?.user ?? (await createIdentity(systemRandom))
  const security = { identity, formatKey: partyIdOf }
  const self = { node: 'user', role: 'client', software: 'test' } as const
  const transport = new WebSocketTransport(world, { self, security })
  const ids = validators.map((validator) => validator.identity.id)
  if (market === undefined) {
    const addresses = [driver.proxy.address.replace(/#.*$/, '')]
    return connectDriver({ transport, ...world }, { driver: driver.identity.id, addresses, validators: ids })
  }
  const url = market.proxy.address
  return connectMarketSource({ transport, ...world }, { url, identity, validators: ids })
}
