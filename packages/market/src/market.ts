import type { DriverKeyEntry, KeyLogCheckpoint, PartyId, SignedStageReceipt } from '@shardline/identity'
import type { Ledger, TransferId } from '@shardline/ledger'
import type {
  DriverKeyConsistency,
  DriverKeyPage,
  DriverKeyShown,
} from './driver-keys/driver-key-log-reader.ts'
import type { MarketEvents } from './events/market-events.ts'
import type { ModelId, RequestId } from './ids.ts'
import type { CapacityInit, DriverListing, NodeInit, NodeListing, Role } from './node/listing.ts'
import type { ModelPrice, PricePoint, Quote, QuoteInit } from './price/quote.ts'
import type { DriverFilters } from './reputation/filters.ts'
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
import type { Request } from './request/request.ts'
import type { MarketStats } from './stats/market-stats.ts'

/**
 * The market's operations. `who` is the party whose signature the caller has checked: a market never takes a party's
 * word for another. Every operation is safe to send again after a lost answer: the same input has the same effect once.
 * A rule that refuses throws its coded error and changes nothing.
 */
export interface Market extends AsyncDisposable {
  /** Adds or updates a model. Operators only. */
  setModel(who: PartyId, init: ModelInit): Promise<ModelPrice>
  /** Gives credits to a party, once per id. Operators only. */
  deposit(who: PartyId, init: DepositInit): Promise<Balance>
  /** What a party has. */
  balance(party: PartyId): Promise<Balance>

  registerNode(who: PartyId, init: NodeInit): Promise<void>
  /** Takes a node and its capacities off the market. */
  withdrawNode(who: PartyId): Promise<void>
  reportCapacity(who: PartyId, init: CapacityInit): Promise<DriverListing>
  withdrawCapacity(who: PartyId, model: ModelId): Promise<void>
  /** Nodes of a role that can be dialed and said so lately, those first that completed most. */
  nodes(role: Role): Promise<readonly NodeListing[]>
  /** Drivers with live capacity that match, best first. */
  drivers(model: ModelId, filters?: DriverFilters): Promise<readonly DriverListing[]>

  /** A driver's newest key, and the proof that it is that under the checkpoint beside it. */
  driverKey(driver: PartyId): Promise<DriverKeyShown>
  /** What the log of driver keys commits to now, for the market's owner to sign. */
  driverKeyCheckpoint(): Promise<KeyLogCheckpoint>
  /** Shows that the log of `toSize` entries, by default all, goes on from that of `fromSize`. */
  driverKeyConsistency(fromSize: number, toSize?: number): Promise<DriverKeyConsistency>
  /** Entries of the log in its order, for those who follow all of it. */
  driverKeyEntries(page?: DriverKeyPage): Promise<readonly DriverKeyEntry[]>

  prices(): Promise<readonly ModelPrice[]>
  /** Price points of a model, newest first; `beforeSeq` pages back. */
  priceHistory(
    model: ModelId,
    page?: { readonly beforeSeq?: bigint; readonly limit?: number },
  ): Promise<readonly PricePoint[]>
  /** What a request would cost now. Binds nobody. */
  quote(init: QuoteInit): Promise<Quote>

  open(who: PartyId, init: OpenInit): Promise<Request>
  submit(who: PartyId, init: SubmitInit): Promise<Request>
  reassign(who: PartyId, init: ReassignInit): Promise<Request>
  cancel(who: PartyId, id: RequestId): Promise<Request>
  acknowledge(who: PartyId, init: AcknowledgeInit): Promise<Request>
  flag(who: PartyId, init: FlagInit): Promise<void>
  compare(who: PartyId, init: CompareInit): Promise<void>

  /** The first in line, or undefined when there's none for this driver. */
  claim(who: PartyId, init?: ClaimInit): Promise<ClaimedWork | undefined>
  start(who: PartyId, init: StartInit): Promise<Request>
  progress(who: PartyId, init: ProgressInit): Promise<Request>
  /** Claims that a driver holds, oldest first, at most a page: what one that starts anew has to give back. */
  claims(who: PartyId): Promise<readonly HeldClaim[]>
  /** Gives a claim back, for example when no pipeline can be formed. */
  release(who: PartyId, init: FencedInit): Promise<Request>
  /** Ends a claimed request that can't be answered, or whose answer can't be proven: all of its escrow goes back at once. */
  giveUp(who: PartyId, init: GiveUpInit): Promise<Request>
  deliver(who: PartyId, init: DeliverInit): Promise<Request>

  /** One request, to one of its parties. */
  request(who: PartyId, id: RequestId): Promise<Request>
  /** The receipts that were accepted for a request, to one of its parties; none before it is delivered. */
  receipts(who: PartyId, id: RequestId): Promise<readonly SignedStageReceipt[]>
  /** The caller's own requests, newest first. */
  requests(
    who: PartyId,
    page?: { readonly before?: RequestId; readonly limit?: number },
  ): Promise<readonly Request[]>

  /** The ledger's log, for everyone who wants to check it: signed checkpoints and proofs. */
  readonly log: Pick<Ledger, 'checkpoint' | 'inclusionProof' | 'consistencyProof'>
  /** How much there is of everything, for those who watch over the market. */
  stats(): Promise<MarketStats>
  /** What happens here and in the other replicas. */
  readonly events: MarketEvents
  /** One round of every sweep: leases, deadlines, capacities, settlements that are due. Safe in every replica. */
  sweep(options?: SweepOptions): Promise<SweepReport>
  /** Whether the database answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** A model on the market. */
export interface ModelInit {
  readonly model: ModelId
  /** Microcredits per 1,000,000 tokens, as a whole number. @default BASE_PRICE_DEFAULT, or what the model has */
  readonly basePrice?: bigint
  readonly layerCount: number
}

/** Credits from outside. */
export interface DepositInit {
  readonly id: TransferId
  readonly party: PartyId
  /** Microcredits. */
  readonly amount: bigint
}

/** What a party has, in microcredits. */
export interface Balance {
  readonly party: PartyId
  /** Free to spend. */
  readonly available: bigint
  /** Held for open requests. */
  readonly held: bigint
}

/** Options of a round of sweeping. */
export interface SweepOptions {
  /**
   * When sweeping began, or began again after the market or its database was away, in milliseconds since 1970: from then
   * on every lease lasts `outageGraceMs` (or as long as a whole one, if that is less), because nobody could renew it
   * before, and users have all of `acknowledgeMsMax` for what was delivered. @default it never stopped
   */
  readonly resumedAtMs?: number
}

/** What one round of sweeping did. */
export interface SweepReport {
  readonly lapsed: number
  readonly requeued: number
  readonly failed: number
  readonly expired: number
  readonly settled: number
  readonly capacitiesGone: number
}
