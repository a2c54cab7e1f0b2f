import type { DriverKeyEntry, KeyLogCheckpoint, PartyId, SignedStageReceipt } from '@shardline/identity'
import { fromDatabase } from '@shardline/ledger'
import { sql } from 'kysely'
import { balance } from './account/balance.ts'
import { deposit } from './account/deposit.ts'
import type { MarketContext } from './context.ts'
import { marketTables } from './database/transaction.ts'
import { DriverKeyLogReader } from './driver-keys/driver-key-log-reader.ts'
import type {
  DriverKeyConsistency,
  DriverKeyPage,
  DriverKeyShown,
} from './driver-keys/driver-key-log-reader.ts'
import { readDriverKeys } from './driver-keys/read-driver-keys.ts'
import { MarketClosedError } from './errors.ts'
import type { DatabaseEvents } from './events/database-events.ts'
import type { MarketEvents } from './events/market-events.ts'
import { compare } from './feedback/compare.ts'
import { flag } from './feedback/flag.ts'
import type { ModelId, RequestId } from './ids.ts'
import type { Balance, DepositInit, Market, ModelInit, SweepOptions, SweepReport } from './market.ts'
import { listDrivers } from './node/list-drivers.ts'
import type { CapacityInit, DriverListing, NodeInit, NodeListing, Role } from './node/listing.ts'
import { listNodes } from './node/list-nodes.ts'
import { registerNode } from './node/register-node.ts'
import { reportCapacity } from './node/report-capacity.ts'
import { withdrawCapacity } from './node/withdraw-capacity.ts'
import { withdrawNode } from './node/withdraw-node.ts'
import { priceHistory } from './price/price-history.ts'
import type { HistoryPage } from './price/price-history.ts'
import { prices } from './price/prices.ts'
import { quoteNow } from './price/quote-now.ts'
import type { ModelPrice, PricePoint, Quote, QuoteInit } from './price/quote.ts'
import { setModel } from './price/set-model.ts'
import type { DriverFilters } from './reputation/filters.ts'
import { acknowledge } from './request/acknowledge.ts'
import { cancel } from './request/cancel.ts'
import { claim } from './request/claim.ts'
import { deliver } from './request/deliver.ts'
import type {
  AcknowledgeInit,
  ClaimInit,
  ClaimedWork,
  CompareInit,
  DeliverInit,
  FencedInit,
  FlagInit,
  GiveUpInit,
  HeldClaim,
  OpenInit,
  ProgressInit,
  ReassignInit,
  StartInit,
  SubmitInit,
} from './request/inputs.ts'
import { giveUp } from './request/give-up.ts'
import { heldClaims } from './request/held-claims.ts'
import { open } from './request/open.ts'
import { progress } from './request/progress.ts'
import { readAcceptedReceipts } from './request/read-receipts.ts'
import { listRequests, readRequest } from './request/read-request.ts'
import type { RequestsPage } from './request/read-request.ts'
import { reassign } from './request/reassign.ts'
import { release } from './request/release.ts'
import type { Request } from './request/request.ts'
import { start } from './request/start.ts'
import { submit } from './request/submit.ts'
import type { MarketStats } from './stats/market-stats.ts'
import { readStats } from './stats/read-stats.ts'
import { sweep } from './sweep/sweep.ts'

/** The market on SQL: every operation is a function of its own; this binds them to one database and counts them out. */
export class SqlMarket implements Market {
  readonly events: MarketEvents
  readonly log: Market['log']
  readonly #context: MarketContext
  readonly #events: DatabaseEvents
  readonly #driverKeys: DriverKeyLogReader
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor(context: MarketContext, events: DatabaseEvents) {
    this.#context = context
    this.#events = events
    this.events = events
    this.log = context.ledger
    this.#driverKeys = new DriverKeyLogReader(context)
  }

  setModel(who: PartyId, init: ModelInit): Promise<ModelPrice> {
    return this.#run((context) => setModel(context, who, init))
  }

  deposit(who: PartyId, init: DepositInit): Promise<Balance> {
    return this.#run((context) => deposit(context, who, init))
  }

  balance(party: PartyId): Promise<Balance> {
    return this.#run((context) => balance(context, party))
  }

  registerNode(who: PartyId, init: NodeInit): Promise<void> {
    return this.#run((context) => registerNode(context, who, init))
  }

  withdrawNode(who: PartyId): Promise<void> {
    return this.#run((context) => withdrawNode(context, who))
  }

  reportCapacity(who: PartyId, init: CapacityInit): Promise<DriverListing> {
    return this.#run((context) => reportCapacity(context, who, init))
  }

  withdrawCapacity(who: PartyId, model: ModelId): Promise<void> {
    return this.#run((context) => withdrawCapacity(context, who, model))
  }

  nodes(role: Role): Promise<readonly NodeListing[]> {
    return this.#run((context) => listNodes(context, role))
  }

  drivers(model: ModelId, filters?: DriverFilters): Promise<readonly DriverListing[]> {
    return this.#run((context) => listDrivers(context, model, filters))
  }

  driverKey(driver: PartyId): Promise<DriverKeyShown> {
    return this.#run(() => this.#driverKeys.show(driver))
  }

  driverKeyCheckpoint(): Promise<KeyLogCheckpoint> {
    return this.#run(() => this.#driverKeys.checkpoint())
  }

  driverKeyConsistency(fromSize: number, toSize?: number): Promise<DriverKeyConsistency> {
    return this.#run(() => this.#driverKeys.proveConsistency(fromSize, toSize))
  }

  driverKeyEntries(page?: DriverKeyPage): Promise<readonly DriverKeyEntry[]> {
    return this.#run((context) => readDriverKeys(context, page))
  }

  prices(): Promise<readonly ModelPrice[]> {
    return this.#run((context) => prices(context))
  }

  priceHistory(model: ModelId, page?: HistoryPage): Promise<readonly PricePoint[]> {
    return this.#run((context) => priceHistory(context, model, page))
  }

  quote(init: QuoteInit): Promise<Quote> {
    return this.#run((context) => quoteNow(context, init))
  }

  open(who: PartyId, init: OpenInit): Promise<Request> {
    return this.#run((context) => open(context, who, init))
  }

  submit(who: PartyId, init: SubmitInit): Promise<Request> {
    return this.#run((context) => submit(context, who, init))
  }

  reassign(who: PartyId, init: ReassignInit): Promise<Request> {
    return this.#run((context) => reassign(context, who, init))
  }

  cancel(who: PartyId, id: RequestId): Promise<Request> {
    return this.#run((context) => cancel(context, who, id))
  }

  acknowledge(who: PartyId, init: AcknowledgeInit): Promise<Request> {
    return this.#run((context) => acknowledge(context, who, init))
  }

  flag(who: PartyId, init: FlagInit): Promise<void> {
    return this.#run((context) => flag(context, who, init))
  }

  compare(who: PartyId, init: CompareInit): Promise<void> {
    return this.#run((context) => compare(context, who, init))
  }

  claim(who: PartyId, init?: ClaimInit): Promise<ClaimedWork | undefined> {
    return this.#run((context) => claim(context, who, init))
  }

  start(who: PartyId, init: StartInit): Promise<Request> {
    return this.#run((context) => start(context, who, init))
  }

  progress(who: PartyId, init: ProgressInit): Promise<Request> {
    return this.#run((context) => progress(context, who, init))
  }

  claims(who: PartyId): Promise<readonly HeldClaim[]> {
    return this.#run((context) => heldClaims(context, who))
  }

  release(who: PartyId, init: FencedInit): Promise<Request> {
    return this.#run((context) => release(context, who, init))
  }

  giveUp(who: PartyId, init: GiveUpInit): Promise<Request> {
    return this.#run((context) => giveUp(context, who, init))
  }

  deliver(who: PartyId, init: DeliverInit): Promise<Request> {
    return this.#run((context) => deliver(context, who, init))
  }

  request(who: PartyId, id: RequestId): Promise<Request> {
    return this.#run((context) => readRequest(context, who, id))
  }

  receipts(who: PartyId, id: RequestId): Promise<readonly SignedStageReceipt[]> {
    return this.#run((context) => readAcceptedReceipts(context, who, id))
  }

  requests(who: PartyId, page?: RequestsPage): Promise<readonly Request[]> {
    return this.#run((context) => listRequests(context, who, page))
  }

  stats(): Promise<MarketStats> {
    return this.#run((context) => readStats(context))
  }

  sweep(options: SweepOptions = {}): Promise<SweepReport> {
    return this.#run((context) => sweep(context, options))
  }

  ping(): Promise<void> {
    return this.#run(async (context) => {
      await sql`select 1`.execute(marketTables(context))
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run<T>(operation: (context: MarketContext) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new MarketClosedError()
    const running = operation(this.#context)
    this.#running.add(running)
    try {
      return await running
    } catch (cause) {
      throw fromDatabase(cause)
    } finally {
      this.#running.delete(running)
    }
  }

  /** Lets what runs finish. */
  async #finish(): Promise<void> {
    await Promise.allSettled(this.#running)
    await this.#events.stop()
    await this.#context.ledger.close()
  }
}
