import { SeededRandom, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { connectMarket, connectWorkSource } from '@shardline/client'
import type {
  ConnectMarketInit,
  MarketClient,
  MarketRequest,
  MarketWork,
  NodeRegistry,
  WorkSource,
} from '@shardline/client'
import {
  createIdentity,
  historyKeyFromSeed,
  identityFromSeed,
  MemoryNonces,
  RECEIPT_PURPOSE,
  rotateDriverKeys,
  signMessage,
} from '@shardline/identity'
import type { DriverKey, HistoryKey, Identity } from '@shardline/identity'
import { databaseOf, openPglitePool, timeOrderedId } from '@shardline/ledger'
import type { LedgerDatabase, TransferId } from '@shardline/ledger'
import { pgliteTemplate } from '@shardline/ledger/testing'
import { modelId, openMarket, serveMarket } from '@shardline/market'
import type { Market, MarketServer, MarketSettings } from '@shardline/market'
import { WebSocket } from 'ws'

/** Someone with credits who asks. */
export interface TestUser {
  readonly identity: Identity
  readonly historyKey: HistoryKey
  readonly client: MarketClient
}

/** A driver that does everything by itself. */
export interface TestDriver {
  readonly identity: Identity
  readonly work: WorkSource & NodeRegistry
  /** The newest last. */
  keys: readonly DriverKey[]
}

export const LAYERS = 8
const WHOLE = { first: 0, last: LAYERS - 1 }
export const CREDITS = 1_000_000_000n

/** A market on an embedded database, served on loopback. */
export class ServedMarket implements AsyncDisposable {
  readonly market: Market
  readonly identity: Identity
  readonly operator: Identity
  readonly database: LedgerDatabase
  readonly model = 'storyteller/q4'
  #server: MarketServer

  private constructor(init: {
    readonly market: Market
    readonly identity: Identity
    readonly operator: Identity
    readonly database: LedgerDatabase
    readonly server: MarketServer
  }) {
    this.market = init.market
    this.identity = init.identity
    this.operator = init.operator
    this.database = init.database
    this.#server = init.server
  }

  static async open(
    settings: Partial<MarketSettings> = {},
    given: {
      readonly identity?: Identity
      readonly allowedOrigins?: readonly string[]
      /** The market's; what is signed is of the time of the machine. @default systemClock */
      readonly clock?: Clock
    } = {},
  ): Promise<ServedMarket> {
    const pool = await openPglitePool({ folder: undefined, template: await pgliteTemplate() })
    const database = databaseOf(pool)
    const identity = given.identity ?? (await createIdentity(systemRandom))
    const operator = await createIdentity(systemRandom)
    const market = await openMarket(
      { database, clock: given.clock ?? systemClock, random: systemRandom, log: silentLog },
      { operators: [operator.id], driverKeyIntervalMs: 1, feedbackFee: 0n, ...settings },
    )
    const { allowedOrigins = [] } = given
    const server = await serve(market, identity, { allowedOrigins })
    const served = new ServedMarket({ market, identity, operator, database, server })
    const model = modelId(served.model)
    await market.setModel(operator.id, { model, layerCount: LAYERS, basePrice: 100_000_000n })
    return served
  }

  get url(): string {
    return this.#server.address
  }

  connect(init: Partial<ConnectMarketInit> = {}): MarketClient {
    return connectMarket({ ...this.#reach(), webSocket: WebSocket, ...init })
  }

  async user(seed: number, init: Partial<ConnectMarketInit> = {}): Promise<TestUser> {
    const secret = new SeededRandom(seed).bytes(32)
    const [identity, historyKey] = [await identityFromSeed(secret), historyKeyFromSeed(secret)]
    const id = timeOrderedId(systemClock, systemRandom) as string as TransferId
    await this.market.deposit(this.operator.id, { id, party: identity.id, amount: CREDITS })
    return { identity, historyKey, client: this.connect({ identity, historyKey, ...init }) }
  }

  /** A registered driver with a key and live capacity. */
  async driver(seed: number, init: Partial<ConnectMarketInit> = {}): Promise<TestDriver> {
    const identity = await createIdentity(new SeededRandom(seed))
    const work = connectWorkSource({ ...this.#reach(), identity, ...init })
    const driver: TestDriver = { identity, work, keys: [] }
    await this.rotate(driver)
    await work.reportCapacity({
      model: this.model,
      tokensPerSecond: 20,
      numericClass: 'x86-avx2',
      quantization: 'q4',
      workers: [],
    })
    return driver
  }

  /** Gives a driver another key, and puts it into the log. */
  async rotate(driver: TestDriver): Promise<void> {
    const { identity, keys } = driver
    driver.keys = await rotateDriverKeys({ identity, clock: systemClock, random: systemRandom, keys })
    const sealingKey = driver.keys.at(-1)?.entry
    if (sealingKey === undefined) throw new Error('a key')
    await systemClock.sleep(2)
    await driver.work.register({
      roles: ['driver', 'worker', 'validator'],
      address: 'ws://127.0.0.1:7101',
      region: 'de',
      sealingKey,
    })
  }

  /** Ends all connections, and serves at the same address again. */
  async restart(): Promise<void> {
    const port = Number(new URL(this.url).port)
    await this.#server.close()
    this.#server = await serve(this.market, this.identity, { port })
  }

  /** Can't be reached until something has happened. */
  async downUntil(happened: Promise<unknown>): Promise<void> {
    const port = Number(new URL(this.url).port)
    await this.#server.close()
    await happened
    this.#server = await serve(this.market, this.identity, { port })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
    await this.market.close()
    await this.database.close()
  }

  #reach(): Pick<ConnectMarketInit, 'url' | 'marketId' | 'clock' | 'random' | 'limits'> {
    const marketId = this.identity.id
    return { url: this.url, marketId, clock: systemClock, random: systemRandom, limits: { retryMs: 10 } }
  }
}

function serve(
  market: Market,
  identity: Identity,
  settings: { readonly port?: number; readonly allowedOrigins?: readonly string[] },
): Promise<MarketServer> {
  const nonces = new MemoryNonces({ clock: systemClock })
  const components = { market, identity, clock: systemClock, random: systemRandom, log: silentLog, nonces }
  return serveMarket(components, {
    port: 0,
    ...settings,
    addressRequestsPerSecondMax: 100_000,
    partyRequestsPerSecondMax: 100_000,
    sweepIntervalMs: 1_000_000_000,
  })
}

/** A driver's whole work on a request that it has claimed, with the receipts of a pipeline of its own. */
export async function doWork(
  driver: TestDriver,
  claimed: Pick<MarketWork, 'id' | 'model' | 'fence'>,
  delivered: { readonly prompt: number; readonly output: number },
): Promise<MarketRequest> {
  const { id, fence } = claimed
  await startWork(driver, claimed)
  await driver.work.progress({ id, fence, delivered })
  return deliverWork(driver, claimed, delivered)
}

/** Names the driver itself as everyone who takes part. */
export async function startWork(
  { work, identity }: TestDriver,
  { id, fence }: Pick<MarketWork, 'id' | 'fence'>,
): Promise<void> {
  const workers = [{ node: identity.id, ...WHOLE }]
  await work.start({ id, fence, participants: { validator: identity.id, workers, layerCount: LAYERS } })
}

/** Hands in receipts of all that {@link startWork} named. */
export function deliverWork(
  { work, identity }: TestDriver,
  { id, model, fence }: Pick<MarketWork, 'id' | 'model' | 'fence'>,
  delivered: { readonly prompt: number; readonly output: number },
): Promise<MarketRequest> {
  const common = {
    request: id,
    fence,
    node: identity.id,
    model,
    numericClass: 'x86-avx2',
    promptTokens: delivered.prompt,
    outputTokens: delivered.output,
    root: 'ab'.repeat(32),
  }
  const receipts = [
    { ...common, role: 'driver', layers: null },
    { ...common, role: 'worker', layers: WHOLE },
    { ...common, role: 'validator', layers: null },
  ].map((body) => ({ ...signReceipt(identity, body) }))
  return work.deliver({ id, fence, delivered, receipts })
}

function signReceipt(identity: Identity, body: Parameters<typeof signMessage>[0]['body']): object {
  return signMessage({
    identity,
    clock: systemClock,
    random: systemRandom,
    purpose: RECEIPT_PURPOSE,
    body,
  })
}
