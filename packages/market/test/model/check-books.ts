import type { Ledger, LedgerDatabase } from '@shardline/ledger'
import { sql } from 'kysely'
import { marketTables } from '../../src/database/transaction.ts'
import { partyAccount } from '../../src/ids.ts'
import type { RequestId } from '../../src/ids.ts'
import type { RequestRow } from '../../src/request/request-row.ts'
import { parsePrice } from '../../src/price/price-rule.ts'
import { readPlan } from '../../src/settlement/settlement-plan.ts'
import type { SettlementPlan } from '../../src/settlement/settlement-plan.ts'
import { plannedTransfers } from '../support/settled-transfers.ts'
import type { Cast } from './cast.ts'
import { BASE_PRICE } from './cast.ts'
import { amountUp, feeOf, ruledPrice } from './shadow-money.ts'
import type { Price } from './shadow-money.ts'
import { billable } from './shadow-market.ts'
import type { ShadowMarket, ShadowRequest } from './shadow-market.ts'

const BASE: Price = BASE_PRICE * 10n ** 18n

/** What the books of one run are checked against. */
export interface BooksInit {
  readonly database: LedgerDatabase
  readonly ledger: Ledger
  readonly cast: Cast
  readonly shadow: ShadowMarket
}

/** @throws Error unless both are equal. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [show(actual), show(expected)]
  if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`)
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
}

/** Holds tables and shadow together after each step. */
export class Books {
  readonly #init: BooksInit
  #seq = 0n
  /** The price after the last step. */
  price: Price = BASE

  constructor(init: BooksInit) {
    this.#init = init
  }

  /** @throws Error that says what doesn't balance, or where table and shadow differ. */
  async check(): Promise<void> {
    await this.#checkRequests()
    await this.#checkPrices()
    await this.#checkLedger()
    await this.#checkPurses()
  }

  async #checkRequests(): Promise<void> {
    const { database, cast, shadow } = this.#init
    const rows = await marketTables({ database })
      .selectFrom('market.requests')
      .selectAll()
      .where('model', '=', cast.model)
      .execute()
    const byId = new Map(rows.map((row) => [row.id, row]))
    same(rows.length, shadow.requests.length, 'requests')
    for (const request of shadow.requests) {
      const row = byId.get(request.id)
      if (row === undefined) throw new Error(`request ${request.id} is gone`)
      same(shownOf(row, cast), wantedOf(request), `request ${request.id}`)
      if (!request.isBooked && !shadow.isOpen(request)) await this.#book(request, row)
    }
    const demand = await marketTables({ database })
      .selectFrom('market.models')
      .select('demand_tokens')
      .where('model', '=', cast.model)
      .executeTakeFirstOrThrow()
    same(demand.demand_tokens, BigInt(shadow.demand), 'demand')
  }

  /** A request has just ended: its plan must be right, and the ledger must have carried out exactly that. */
  async #book(request: ShadowRequest, row: RequestRow): Promise<void> {
    const plan = readPlan(row.settlement_plan)
    if (plan === undefined) throw new Error(`request ${request.id} ended without a plan`)
    same(row.settlement, 'done', `settlement of ${request.id}`)
    const paid = plan.payouts.reduce((sum, { amount }) => sum + amount, 0n)
    same(paid + plan.fee, plan.billed, 'payouts and fee')
    same(plan.billed + plan.refund, request.hold, 'bill and refund')
    if (request.state === 'COMPLETED') this.#checkBill(request, plan)
    else
      same([plan.billed, plan.fee], [request.cancelFee, request.cancelFee], 'what is kept of an unserved one')
    await this.#checkTransfers(request, plan)
    const payouts = new Map(plan.payouts.map(({ node, amount }) => [this.#init.cast.slotOf(node), amount]))
    this.#init.shadow.book(request, { refund: plan.refund, payouts })
  }

  #checkBill(request: ShadowRequest, plan: SettlementPlan): void {
    const { delivered, acknowledged } = request
    const counts = [
      Math.min(delivered.prompt, acknowledged.prompt),
      Math.min(delivered.output, acknowledged.output),
    ]
    same([plan.promptTokens, plan.outputTokens], counts, 'billed tokens')
    const price = parsePrice(plan.price) as bigint
    if (price > request.lockedPrice) throw new Error(`${plan.price} is above the locked price`)
    same(plan.billed, amountUp(price, billable(request)), 'bill')
    same(plan.fee, feeOf(plan.billed), 'fee')
    this.#checkShares(request, plan)
  }

  /** 15 % to the driver, 70 % to the workers, 15 % to the validator, each to less than a microcredit. */
  #checkShares(request: ShadowRequest, { billed, fee, payouts }: SettlementPlan): void {
    const { cast } = this.#init
    const driver = request.driver - (cast.parties.length - 3)
    const { validator, workers } = cast.pipeline(request.pipeline ?? '', driver)
    const hundredths = new Map<string, bigint>()
    const add = (node: string, part: bigint): unknown =>
      hundredths.set(node, (hundredths.get(node) ?? 0n) + part)
    add(cast.party(request.driver).id, workers.length === 0 ? 85n : 15n)
    add(validator, 15n)
    for (const { node } of workers) add(node, 70n / BigInt(workers.length))
    const pool = billed - fee
    for (const [node, part] of hundredths) {
      const amount = payouts.find((leg) => leg.node === node)?.amount ?? 0n
      const off = amount * 100n - pool * part
      if (off <= -100n || off >= 100n) throw new Error(`${node} got ${amount} of ${pool}, not ${part} %`)
    }
    if (payouts.some(({ node }) => !hundredths.has(node))) throw new Error('somebody else is paid')
  }

  async #checkTransfers(request: ShadowRequest, plan: SettlementPlan): Promise<void> {
    const { ledger } = this.#init
    const id = request.id as RequestId
    const page = await ledger.transfers({ userData: id })
    const found = page.items
      .filter(({ code }) => code !== 5)
      .map((transfer) => `${transfer.id} ${transfer.kind} ${transfer.amount}`)
    same(found.toSorted(), plannedTransfers(id, request.hold, plan), `transfers of ${id}`)
  }

  /** Each new price point is what the rule makes of the one before. */
  async #checkPrices(): Promise<void> {
    const { database, cast, shadow } = this.#init
    const points = await marketTables({ database })
      .selectFrom('market.price_points')
      .selectAll()
      .where('model', '=', cast.model)
      .where('seq', '>', this.#seq)
      .orderBy('seq')
      .execute()
    for (const point of points) {
      same(point.seq, this.#seq + 1n, 'number of a price point')
      this.#seq = point.seq
      const before = this.price
      this.price = BigInt(point.price)
      if (point.cause === 'model-set') continue
      const ruled = ruledPrice({
        before,
        base: BASE,
        supplyMtps: point.supply_mtps,
        demandTokens: point.demand_tokens,
      })
      same(this.price, ruled, `price after ${point.cause}`)
    }
    const last = points.at(-1)
    if (last !== undefined) same(last.demand_tokens, BigInt(shadow.demand), 'demand of the last point')
  }

  /** Debits are credits, pending likewise, and no account is below its limit. */
  async #checkLedger(): Promise<void> {
    const { rows } = await sql<{
      readonly posted: bigint
      readonly pending: bigint
      readonly overdrawn: bigint
    }>`
      select
        coalesce(sum(debits_posted::numeric - credits_posted), 0)::bigint as posted,
        coalesce(sum(debits_pending::numeric - credits_pending), 0)::bigint as pending,
        count(*) filter (
          where a.balance_limit = 1 and b.debits_posted::numeric + b.debits_pending > b.credits_posted
             or a.balance_limit = 2 and b.credits_posted::numeric + b.credits_pending > b.debits_posted
        )::bigint as overdrawn
      from ledger.balances b join ledger.accounts a on a.id = b.account_id`.execute(
      this.#init.database.kysely,
    )
    same(rows[0], { posted: 0n, pending: 0n, overdrawn: 0n }, 'the ledger')
  }

  async #checkPurses(): Promise<void> {
    const { ledger, cast, shadow } = this.#init
    const accounts = await ledger.lookupAccounts(cast.parties.map(({ id }) => partyAccount(id)))
    const purses = accounts.map((account) => ({
      available:
        (account?.creditsPosted ?? 0n) - (account?.debitsPosted ?? 0n) - (account?.debitsPending ?? 0n),
      held: account?.debitsPending ?? 0n,
    }))
    same(purses, shadow.purses, 'purses')
  }
}

function shownOf(row: RequestRow, cast: Cast): unknown {
  return {
    state: row.state,
    reason: row.end_reason,
    fence: row.fence,
    attempts: row.attempts,
    user: cast.slotOf(row.payer),
    driver: cast.slotOf(row.driver),
    price: BigInt(row.locked_price),
    hold: row.hold,
    lease: row.lease_until_ms === null ? null : Number(row.lease_until_ms),
    delivered: [row.delivered_prompt, row.delivered_output],
    acknowledged: [row.acknowledged_prompt, row.acknowledged_output],
  }
}

function wantedOf(request: ShadowRequest): unknown {
  return {
    state: request.state,
    reason: request.reason ?? null,
    fence: request.fence,
    attempts: request.attempts,
    user: request.user,
    driver: request.driver,
    price: request.lockedPrice,
    hold: request.hold,
    lease: request.leaseMs ?? null,
    delivered: [request.delivered.prompt, request.delivered.output],
    acknowledged: [request.acknowledged.prompt, request.acknowledged.output],
  }
}
