import { fromUnknown } from '@shardline/core'
import type { TransferInit } from '@shardline/ledger'
import { CREDITS_LEDGER, TRANSFER_CODES, makePartyAccounts } from '../account/credits.ts'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction, marketTables } from '../database/transaction.ts'
import { SettlementRefusedError } from '../errors.ts'
import { MARKET_ACCOUNTS, legId, partyAccount } from '../ids.ts'
import type { RequestId } from '../ids.ts'
import { publishRequest } from '../request/change-state.ts'
import type { RequestRow } from '../request/request-row.ts'
import { placeHold } from './place-hold.ts'
import { readPlan } from './settlement-plan.ts'
import type { SettlementPlan } from './settlement-plan.ts'

/**
 * Carries out the plan of an ended request on the ledger, if that's due: the hold is posted and divided, or released,
 * in one chain that happens as a whole or not at all. All ids are derived from the request's, so whoever does this
 * again, after a crash at any point or at the same time in another process, does nothing twice.
 *
 * @throws SettlementRefusedError if the ledger refuses: the request stays due.
 */
export async function settleRequest(context: MarketContext, id: RequestId): Promise<void> {
  const row = await marketTables(context)
    .selectFrom('market.requests')
    .selectAll()
    .where('id', '=', id)
    .where('settlement', '=', 'due')
    .executeTakeFirst()
  const plan = readPlan(row?.settlement_plan)
  if (row === undefined || plan === undefined) return
  // Whoever opened it may still be about to place the hold; once it's placed and ended, that can't happen any more.
  const hold = row.is_held ? 'held' : await placeHold(context, row)
  if (hold === 'held') await carryOut(context, row, plan)
  await markDone(context, id)
}

/** Settles a request that just ended, and gives its row afterwards; what fails now is left to the sweep. */
export async function settleNow(context: MarketContext, row: RequestRow): Promise<RequestRow> {
  if (row.settlement !== 'due') return row
  try {
    await settleRequest(context, row.id as RequestId)
    return { ...row, settlement: 'done' }
  } catch (cause) {
    const { code } = fromUnknown(cause)
    context.log.warn('settlement-postponed', { request: row.id, code })
    return row
  }
}

async function carryOut(context: MarketContext, row: RequestRow, plan: SettlementPlan): Promise<void> {
  const nodes = plan.payouts.map(({ node }) => node)
  if (nodes.length > 0) await makePartyAccounts(context.ledger, nodes)
  const outcomes = await context.ledger.createTransfers(chainOf(row, plan))
  const statuses = outcomes.map(({ status }) => status)
  if (!isDone(statuses, plan)) throw new SettlementRefusedError(row.id, statuses)
}

/** A chain that took place before breaks at its first transfer, which `exists`, and only then. */
function isDone(statuses: readonly string[], plan: SettlementPlan): boolean {
  if (statuses[0] === 'exists' || statuses.every((status) => status === 'created')) return true
  // The ledger gave everything back by itself when the hold's time was over: nothing is left to release.
  return plan.billed === 0n && statuses[0] === 'pending_transfer_expired'
}

/** The transfers of a plan, as one chain. */
export function chainOf(row: RequestRow, plan: SettlementPlan): readonly TransferInit[] {
  const request = row.id as RequestId
  const pendingId = legId(request, 'hold')
  if (plan.billed === 0n) return [{ id: legId(request, 'void'), kind: 'void', pendingId }]
  const common = { ledger: CREDITS_LEDGER, debitAccountId: MARKET_ACCOUNTS.escrow, userData: request }
  const chain: TransferInit[] = [
    { id: legId(request, 'post'), kind: 'post', pendingId, amount: plan.billed },
    ...plan.payouts.map(({ node, amount }) => ({
      ...common,
      id: legId(request, `pay/${node}`),
      creditAccountId: partyAccount(node),
      amount,
      code: TRANSFER_CODES.payout,
    })),
  ]
  if (plan.fee > 0n) {
    const id = legId(request, 'fee')
    const creditAccountId = MARKET_ACCOUNTS.fee
    chain.push({ ...common, id, creditAccountId, amount: plan.fee, code: TRANSFER_CODES.fee })
  }
  return chain.map((transfer, index) => ({ ...transfer, isLinked: index < chain.length - 1 }))
}

async function markDone(context: MarketContext, id: RequestId): Promise<void> {
  await inMarketTransaction(context, async (transaction) => {
    const done = await transaction
      .updateTable('market.requests')
      .set({ settlement: 'done' })
      .where('id', '=', id)
      .where('settlement', '=', 'due')
      .returningAll()
      .executeTakeFirst()
    if (done !== undefined) await publishRequest(transaction, done)
  })
}
