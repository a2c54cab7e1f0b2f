import { ManualClock, SeededRandom, silentLog } from '@shardline/core'
import { createIdentity, RECEIPT_PURPOSE, signMessage } from '@shardline/identity'
import type { Identity, JsonValue, PartyId, StageReceipt } from '@shardline/identity'
import { derivedId, openLedger } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import { sql } from 'kysely'
import {
  ACCOUNT_CODES,
  CREDITS_LEDGER,
  TRANSFER_CODES,
  makePartyAccounts,
} from '../../src/account/credits.ts'
import type { MarketContext } from '../../src/context.ts'
import { inMarketTransaction, marketTables } from '../../src/database/transaction.ts'
import { MARKET_ACCOUNTS, modelId, partyAccount } from '../../src/ids.ts'
import type { ModelId, RequestId } from '../../src/ids.ts'
import { migrateMarket } from '../../src/migrations/migrate-market.ts'
import { ROLES } from '../../src/node/listing.ts'
import { lockModel } from '../../src/price/move-price.ts'
import { amountOf } from '../../src/price/price-rule.ts'
import { acknowledge } from '../../src/request/acknowledge.ts'
import { claim } from '../../src/request/claim.ts'
import { deliver } from '../../src/request/deliver.ts'
import type { SignedReceipt } from '../../src/request/inputs.ts'
import type { RequestRow } from '../../src/request/request-row.ts'
import type { RequestState } from '../../src/request/request-state.ts'
import type { Participants, Request, TokenCounts } from '../../src/request/request.ts'
import { start } from '../../src/request/start.ts'
import { submit } from '../../src/request/submit.ts'
import { DEFAULT_SETTINGS } from '../../src/settings.ts'
import type { MarketSettings } from '../../src/settings.ts'
import { placeHold } from '../../src/settlement/place-hold.ts'

/** Opens the same database again, as another process would; on PGlite that's the same connection. */
export type OpenAgain = () => Promise<LedgerDatabase>

/** Who plays. `solo` does everything by itself. */
export type PartyName = 'user' | 'stranger' | 'driver' | 'rival' | 'first' | 'second' | 'validator' | 'solo'

const NAMES: readonly PartyName[] = [
  'user',
  'stranger',
  'driver',
  'rival',
  'first',
  'second',
  'validator',
  'solo',
]
const LAYERS = 24
const PRICE = 100n
/** Microcredits that the user begins with. */
export const DEPOSIT = 1_000_000_000_000n
/** What a request asks for unless told otherwise. */
export const ASKED: TokenCounts = { prompt: 1_000_000, output: 100_000 }
/** What is delivered unless told otherwise. */
export const DELIVERED: TokenCounts = { prompt: 900_000, output: 50_000 }

/** Any ciphertext: the market can't open it. */
const SEALED = Buffer.from([1, 2, 3]).toString('base64')

/** What differs from an ordinary request. */
export interface RequestInit {
  readonly driver?: PartyId
  readonly asked?: TokenCounts
  readonly priority?: number
  readonly maxTimeMs?: number
  readonly commitment?: string
  readonly filters?: Readonly<Record<string, unknown>>
}

/** A market with a model, nodes and a rich user, and hands on its clock. */
export class PlayedMarket {
  readonly context: MarketContext
  readonly clock: ManualClock
  readonly model: ModelId = modelId('test/model')
  readonly parties: Readonly<Record<PartyName, Identity>>
  readonly #openAgain: OpenAgain
  #requests = 0

  constructor(
    context: MarketContext & { readonly clock: ManualClock },
    parties: Readonly<Record<PartyName, Identity>>,
    openAgain: OpenAgain,
  ) {
    this.context = context
    this.clock = context.clock
    this.parties = parties
    this.#openAgain = openAgain
  }

  id(name: PartyName): PartyId {
    return this.parties[name].id
  }

  /** Two workers, a validator. */
  get pipeline(): Participants {
    return {
      validator: this.id('validator'),
      workers: [
        { node: this.id('first'), first: 0, last: 9 },
        { node: this.id('second'), first: 10, last: LAYERS - 1 },
      ],
      layerCount: LAYERS,
    }
  }

  /** The same market in another process. */
  async replica(settings: Partial<MarketSettings> = {}): Promise<MarketContext> {
    const database = await this.#openAgain()
    const { clock } = this
    return {
      ...this.context,
      database,
      ledger: await openLedger({ database, clock }),
      settings: { ...this.context.settings, ...settings },
    }
  }

  /** A request whose hold isn't placed. */
  async unheld(init: RequestInit = {}): Promise<RequestId> {
    const { context, model } = this
    const id = derivedId(`played/${++this.#requests}`) as string as RequestId
    const asked = init.asked ?? ASKED
    const now = BigInt(this.clock.now())
    await inMarketTransaction(context, async (transaction) => {
      const locked = await lockModel(context, transaction, model)
      await transaction
        .insertInto('market.requests')
        .values({
          id,
          state: 'QUOTED',
          model,
          payer: this.id('user'),
          driver: init.driver ?? this.id('driver'),
          locked_price: String(locked.current),
          hold: amountOf(locked.current, BigInt(asked.prompt + asked.output)),
          prompt_tokens_max: asked.prompt,
          output_tokens_max: asked.output,
          priority: init.priority ?? 0,
          filters: JSON.stringify(init.filters ?? {}),
          prompt_commitment: init.commitment ?? null,
          created_at_ms: now,
          deadline_ms: now + BigInt(init.maxTimeMs ?? 300_000),
          lock_seq: locked.seq,
          lock_supply_mtps: locked.supplyTps,
          lock_driver_mtps: 0n,
        })
        .execute()
    })
    return id
  }

  async quoted(init: RequestInit = {}): Promise<RequestId> {
    const id = await this.unheld(init)
    if ((await placeHold(this.context, await this.row(id))) !== 'held') throw new Error('the hold is refused')
    await marketTables(this.context)
      .updateTable('market.requests')
      .set({ is_held: true })
      .where('id', '=', id)
      .execute()
    return id
  }

  async pending(init: RequestInit = {}): Promise<RequestId> {
    const id = await this.quoted(init)
    await submit(this.context, this.id('user'), { id, sealedPrompt: SEALED })
    return id
  }

  async claimed(init: RequestInit = {}): Promise<RequestId> {
    const id = await this.pending(init)
    await claim(this.context, init.driver ?? this.id('driver'), { id })
    return id
  }

  async running(init: RequestInit = {}, participants: Participants = this.pipeline): Promise<RequestId> {
    const id = await this.claimed(init)
    await start(this.context, init.driver ?? this.id('driver'), { id, fence: 1, participants })
    return id
  }

  async delivered(init: RequestInit = {}): Promise<RequestId> {
    const id = await this.running(init)
    await this.deliver(id)
    return id
  }

  async completed(init: RequestInit = {}): Promise<RequestId> {
    const id = await this.delivered(init)
    await acknowledge(this.context, this.id('user'), { id, received: DELIVERED })
    return id
  }

  /** A request in some state, whatever leads there. */
  async inState(state: RequestState): Promise<RequestId> {
    const makers: Readonly<Partial<Record<RequestState, () => Promise<RequestId>>>> = {
      QUOTED: () => this.quoted(),
      PENDING: () => this.pending(),
      CLAIMED: () => this.claimed(),
      RUNNING: () => this.running(),
      DELIVERED: () => this.delivered(),
      COMPLETED: () => this.completed(),
    }
    const maker = makers[state]
    if (maker !== undefined) return maker()
    const id = await this.running()
    await marketTables(this.context)
      .updateTable('market.requests')
      .set({ state, settlement: 'done' })
      .where('id', '=', id)
      .execute()
    return id
  }

  /** Delivers with right receipts. */
  async deliver(id: RequestId, delivered: TokenCounts = DELIVERED): Promise<Request> {
    const row = await this.row(id)
    const receipts = await this.receipts(id, delivered)
    const init = { id, fence: row.fence, delivered, receipts }
    return deliver(this.context, row.driver as PartyId, init)
  }

  /** The bodies of the receipts that a running request needs. */
  async bodies(id: RequestId, delivered: TokenCounts = DELIVERED): Promise<readonly StageReceipt[]> {
    const row = await this.row(id)
    const { validator, workers } = row.participants as Participants
    const common = {
      request: id,
      fence: row.fence,
      model: this.model,
      numericClass: 'test',
      promptTokens: delivered.prompt,
      outputTokens: delivered.output,
      root: 'ab'.repeat(32),
    }
    return [
      { ...common, role: 'driver', node: row.driver as PartyId, layers: null },
      ...workers.map(
        ({ node, first, last }) => ({ ...common, role: 'worker', node, layers: { first, last } }) as const,
      ),
      { ...common, role: 'validator', node: validator, layers: null },
    ]
  }

  async receipts(id: RequestId, delivered: TokenCounts = DELIVERED): Promise<readonly SignedReceipt[]> {
    return (await this.bodies(id, delivered)).map((body) => this.sign(body))
  }

  /** A receipt, signed by the node that it names unless told otherwise. */
  sign(body: StageReceipt, signer?: Identity): SignedReceipt {
    const identity = signer ?? Object.values(this.parties).find(({ id }) => id === body.node)
    if (identity === undefined) throw new Error(`nobody is ${body.node}`)
    const { clock } = this
    const signed = { ...body } as unknown as JsonValue
    return {
      ...signMessage({
        identity,
        clock,
        random: this.context.random,
        purpose: RECEIPT_PURPOSE,
        body: signed,
      }),
    }
  }

  row(id: RequestId): Promise<RequestRow> {
    return marketTables(this.context)
      .selectFrom('market.requests')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  }

  /** Lets the rival count as supply, in thousandths of a token per second, so that prices stay low. */
  async supply(effective: bigint, forMs = 1_000_000_000): Promise<void> {
    const now = BigInt(this.clock.now())
    await marketTables(this.context)
      .insertInto('market.capacities')
      .values({
        model: this.model,
        driver: this.id('rival'),
        reported_mtps: effective,
        effective_mtps: effective,
        numeric_class: 'test',
        quantization: 'q4',
        workers: sql`'{}'::text[]` as never,
        since_ms: now,
        expires_at_ms: now + BigInt(forMs),
      })
      .execute()
  }

  /** Free and held credits of a party. */
  async purse(name: PartyName): Promise<{ readonly free: bigint; readonly held: bigint }> {
    const [account] = await this.context.ledger.lookupAccounts([partyAccount(this.id(name))])
    if (account === undefined) return { free: 0n, held: 0n }
    const { creditsPosted, debitsPosted, debitsPending } = account
    return { free: creditsPosted - debitsPosted - debitsPending, held: debitsPending }
  }

  async feeAccount(): Promise<bigint> {
    const [account] = await this.context.ledger.lookupAccounts([MARKET_ACCOUNTS.fee])
    return account?.creditsPosted ?? 0n
  }

  /** Everything that all tables hold, as text: equal when nothing changed. */
  async everything(): Promise<string> {
    const { kysely } = this.context.database
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

/** Opens a market in an empty database. */
export async function playMarket(
  openAgain: OpenAgain,
  settings: Partial<MarketSettings> = {},
): Promise<PlayedMarket> {
  const database = await openAgain()
  const clock = new ManualClock(1_700_000_000_000)
  const random = new SeededRandom(4)
  const ledger = await openLedger({ database, clock })
  await migrateMarket(database)
  const context = {
    database,
    ledger,
    clock,
    random,
    log: silentLog,
    settings: { ...DEFAULT_SETTINGS, ...settings },
  }
  const identities = await Promise.all(NAMES.map(() => createIdentity(random)))
  const parties = Object.fromEntries(NAMES.map((name, index) => [name, identities[index]])) as Record<
    PartyName,
    Identity
  >
  const market = new PlayedMarket(context, parties, openAgain)
  await furnish(market)
  return market
}

async function furnish({ context, model, parties }: PlayedMarket): Promise<void> {
  await context.ledger.createAccounts(
    (['mint', 'escrow', 'fee'] as const).map((name) => ({
      id: MARKET_ACCOUNTS[name],
      ledger: CREDITS_LEDGER,
      code: ACCOUNT_CODES[name],
      limit: name === 'escrow' ? 'debits_must_not_exceed_credits' : 'none',
    })),
  )
  const user = parties.user.id
  await makePartyAccounts(context.ledger, [user])
  await context.ledger.createTransfers([
    {
      id: derivedId('played/deposit'),
      debitAccountId: MARKET_ACCOUNTS.mint,
      creditAccountId: partyAccount(user),
      amount: DEPOSIT,
      ledger: CREDITS_LEDGER,
      code: TRANSFER_CODES.deposit,
    },
  ])
  const tables = marketTables(context)
  await tables
    .insertInto('market.models')
    .values({
      model,
      layer_count: LAYERS,
      base_price: PRICE,
      current_price: String(PRICE * 10n ** 18n),
      price_seq: 0n,
      demand_tokens: 0n,
    })
    .execute()
  for (const name of ['driver', 'rival', 'first', 'second', 'validator', 'solo'] as const) {
    await tables
      .insertInto('market.nodes')
      .values({
        node: parties[name].id,
        roles: sql`${`{${ROLES.join(',')}}`}::text[]` as never,
        registered_at_ms: BigInt(context.clock.now()),
      })
      .execute()
  }
}
