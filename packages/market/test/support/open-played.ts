import { ManualClock, SeededRandom, silentLog } from '@shardline/core'
import type { Log } from '@shardline/core'
import { createIdentity, RECEIPT_PURPOSE, signMessage } from '@shardline/identity'
import type { Identity, PartyId } from '@shardline/identity'
import { timeOrderedId } from '@shardline/ledger'
import type { LedgerDatabase, TransferId } from '@shardline/ledger'
import { modelId, openMarket } from '@shardline/market'
import type {
  CapacityInit,
  DriverListing,
  Market,
  MarketSettings,
  ModelId,
  ModelPrice,
  OpenInit,
  Request,
  RequestId,
  TokenCounts,
} from '@shardline/market'
import { sql } from 'kysely'
import type { OpenAgain } from './played-market.ts'

/** Who takes part. Both drivers can do all roles by themselves. */
export type RoleName = 'operator' | 'user' | 'stranger' | 'driver' | 'rival'

const NAMES: readonly RoleName[] = ['operator', 'user', 'stranger', 'driver', 'rival']
const LAYERS = 8
/** What a sealed prompt looks like to the market. */
export const SEALED = 'AAAA'

/** How an {@link OpenedMarket} is opened. */
export interface OpenedInit {
  readonly settings?: Partial<MarketSettings>
  readonly log?: Log
}

/** A market as whoever opens it has it, with a model of base price 100, a user with credits, and hands on its clock. */
export class OpenedMarket {
  readonly market: Market
  readonly database: LedgerDatabase
  readonly clock: ManualClock
  readonly random: SeededRandom
  readonly model: ModelId = modelId('test/model')
  readonly parties: Readonly<Record<RoleName, Identity>>

  constructor(init: {
    readonly market: Market
    readonly database: LedgerDatabase
    readonly clock: ManualClock
    readonly random: SeededRandom
    readonly parties: Readonly<Record<RoleName, Identity>>
  }) {
    this.market = init.market
    this.database = init.database
    this.clock = init.clock
    this.random = init.random
    this.parties = init.parties
  }

  id(name: RoleName): PartyId {
    return this.parties[name].id
  }

  newId(): RequestId {
    this.clock.advance(1)
    return timeOrderedId(this.clock, this.random) as string as RequestId
  }

  /** An opening for one prompt token and one output token, unless told otherwise. */
  opening(init: Partial<OpenInit> = {}): OpenInit {
    const asked = { promptTokensMax: 1, outputTokensMax: 1 }
    return { id: this.newId(), model: this.model, driver: this.id('driver'), ...asked, ...init }
  }

  open(init: Partial<OpenInit> = {}): Promise<Request> {
    return this.market.open(this.id('user'), this.opening(init))
  }

  /** Opens and submits. */
  async submitted(init: Partial<OpenInit> = {}): Promise<Request> {
    const { id } = await this.open(init)
    return this.market.submit(this.id('user'), { id, sealedPrompt: SEALED })
  }

  report(
    tokensPerSecond: number,
    init: Partial<CapacityInit> & { readonly by?: RoleName } = {},
  ): Promise<DriverListing> {
    const { by = 'driver', ...rest } = init
    const said = { model: this.model, tokensPerSecond, numericClass: 'test', quantization: 'q4', workers: [] }
    return this.market.reportCapacity(this.id(by), { ...said, ...rest })
  }

  async deposit(name: RoleName, amount: bigint): Promise<void> {
    const id = this.newId() as string as TransferId
    await this.market.deposit(this.id('operator'), { id, party: this.id(name), amount })
  }

  /** Current price as a number, for comparisons that allow rounding. */
  async price(): Promise<number> {
    return Number((await this.now()).price)
  }

  async now(): Promise<ModelPrice> {
    const found = (await this.market.prices()).find(({ model }) => model === this.model)
    if (found === undefined) throw new Error('the model is gone')
    return found
  }

  /** The driver does all roles by itself, in `ms` milliseconds, and hands in right receipts. */
  async deliver(
    id: RequestId,
    delivered: TokenCounts,
    { by = 'driver', ms = 1_000 }: { readonly by?: RoleName; readonly ms?: number } = {},
  ): Promise<Request> {
    const who = this.parties[by]
    const work = await this.market.claim(who.id, { id })
    const fence = work?.fence ?? 0
    const participants = { validator: who.id, workers: [], layerCount: LAYERS }
    await this.market.start(who.id, { id, fence, participants })
    this.clock.advance(ms)
    const common = {
      request: id,
      fence,
      node: who.id,
      model: this.model,
      numericClass: 'test',
      promptTokens: delivered.prompt,
      outputTokens: delivered.output,
      root: 'ab'.repeat(32),
      layers: null,
    }
    const receipts = (['driver', 'validator'] as const).map((role) => ({
      ...signMessage({
        identity: who,
        clock: this.clock,
        random: this.random,
        purpose: RECEIPT_PURPOSE,
        body: { ...common, role },
      }),
    }))
    return this.market.deliver(who.id, { id, fence, delivered, receipts })
  }

  /** A whole life; gives the settled request. */
  async completed(
    delivered: TokenCounts,
    init: Partial<OpenInit> & { readonly ms?: number } = {},
  ): Promise<Request> {
    const { ms = 1_000, ...opening } = init
    const asked = { promptTokensMax: delivered.prompt, outputTokensMax: delivered.output }
    const { id } = await this.submitted({ ...asked, ...opening })
    await this.deliver(id, delivered, { ms })
    return this.market.acknowledge(this.id('user'), { id, received: delivered })
  }

  /** Everything that all tables hold, as text: equal when nothing changed. */
  async everything(): Promise<string> {
    const { kysely } = this.database
    const tables = await sql<{ name: string }>`
      select table_schema || '.' || table_name as name from information_schema.tables
      where table_schema in ('market', 'ledger') and table_type = 'BASE TABLE' order by 1`.execute(kysely)
    const parts: string[] = []
    for (const { name } of tables.rows) {
      const { rows } = await sql<{ text: string }>`
        select t::text as text from ${sql.table(name)} t order by 1`.execute(kysely)
      parts.push(name, ...rows.map(({ text }) => text))
    }
    return parts.join('\n')
  }
}

/** Opens a market in an empty database and furnishes it. */
export async function openPlayed(openAgain: OpenAgain, init: OpenedInit = {}): Promise<OpenedMarket> {
  const database = await openAgain()
  const clock = new ManualClock(1_700_000_000_000)
  const random = new SeededRandom(4)
  const identities = await Promise.all(NAMES.map(() => createIdentity(random)))
  const parties = Object.fromEntries(NAMES.map((name, index) => [name, identities[index]])) as Record<
    RoleName,
    Identity
  >
  const operators = [parties.operator.id]
  const market = await openMarket(
    { database, clock, random, log: init.log ?? silentLog },
    { operators, ...init.settings },
  )
  const opened = new OpenedMarket({ market, database, clock, random, parties })
  await market.setModel(parties.operator.id, { model: opened.model, layerCount: LAYERS, basePrice: 100n })
  await opened.deposit('user', 1_000_000_000_000n)
  for (const name of ['driver', 'rival'] as const) {
    await market.registerNode(parties[name].id, { roles: ['driver', 'worker', 'validator'] })
  }
  return opened
}
