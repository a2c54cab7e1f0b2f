import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { inMarketTransaction } from '../database/transaction.ts'
import type { MarketTransaction } from '../database/transaction.ts'
import { FilterUnmetError, MarketLimitError, ParticipantsError } from '../errors.ts'
import type { Role } from '../node/listing.ts'
import { nowMs } from '../now-ms.ts'
import { layerFault } from '../proof/layer-fault.ts'
import { foreignWorker } from '../reputation/filters.ts'
import type { DriverFilters } from '../reputation/filters.ts'
import { changeState } from './change-state.ts'
import { checkDeadline, checkEvent } from './check-event.ts'
import type { StartInit } from './inputs.ts'
import { isSamePipeline, readParticipants, writeParticipants } from './participants.ts'
import { checkClaim, lockRequest } from './request-row.ts'
import type { RequestRow } from './request-row.ts'
import type { Participants, Request } from './request.ts'
import { toRequest } from './to-request.ts'

/**
 * Names who takes part in answering a claimed request: only these may hand in receipts under this fence, and only they
 * are paid. Again with the same participants gives the same answer; while it runs, with others these take their place:
 * a stage was lost, and its replacement computed all of its rows again.
 *
 * @throws MarketNotFoundError, MarketForbiddenError, FenceStaleError, RequestStateError
 * @throws ParticipantsError unless their layers are the model's, once each, and all are registered for their roles.
 * @throws FilterUnmetError for a worker that the user's filters exclude; MarketLimitError for too many.
 */
export async function start(context: MarketContext, who: PartyId, init: StartInit): Promise<Request> {
  const row = await inMarketTransaction(context, async (transaction) => {
    const locked = await lockRequest(transaction, init.id)
    checkClaim(locked, who, { init, what: 'start it' })
    const known = readParticipants(locked.participants)
    if (locked.state === 'RUNNING' && known !== undefined && isSamePipeline(known, init.participants)) {
      return locked
    }
    checkEvent(locked, 'start')
    checkDeadline(locked, nowMs(context), 'start')
    await checkParticipants(context, transaction, { row: locked, participants: init.participants })
    const numericClass = await readClass(transaction, locked)
    const set = {
      participants: writeParticipants(init.participants, numericClass),
      lease_until_ms: nowMs(context) + BigInt(context.settings.claimLeaseMs),
    }
    return changeState(context, transaction, { row: locked, change: { event: 'start', set } })
  })
  return toRequest(row)
}

async function checkParticipants(
  context: MarketContext,
  transaction: MarketTransaction,
  { row, participants }: { readonly row: RequestRow; readonly participants: Participants },
): Promise<void> {
  const { workers, layerCount } = participants
  const { workersPerRequestMax } = context.settings
  if (workers.length > workersPerRequestMax) {
    throw new MarketLimitError('workers of one pipeline', workers.length, workersPerRequestMax)
  }
  const model = await transaction
    .selectFrom('market.models')
    .select('layer_count')
    .where('model', '=', row.model)
    .executeTakeFirstOrThrow()
  if (layerCount !== model.layer_count) {
    throw new ParticipantsError(`the model has ${model.layer_count} layers, not ${layerCount}`)
  }
  checkLayers(participants)
  const foreign = foreignWorker(
    workers.map(({ node }) => node),
    row.filters as DriverFilters,
  )
  if (foreign !== undefined) throw new FilterUnmetError(foreign, 'workers')
  await checkRegistered(transaction, participants)
}

function checkLayers({ workers, layerCount }: Participants): void {
  if (workers.some(({ first, last }) => !Number.isSafeInteger(first) || !Number.isSafeInteger(last))) {
    throw new ParticipantsError('layers are whole numbers')
  }
  const fault = workers.length === 0 ? undefined : layerFault(workers, layerCount)
  if (fault !== undefined) {
    throw new ParticipantsError(`their layers have a ${fault.kind}`, {
      kind: fault.kind,
      node: fault.node ?? null,
    })
  }
}

async function checkRegistered(
  transaction: MarketTransaction,
  { validator, workers }: Participants,
): Promise<void> {
  const needed: readonly (readonly [PartyId, Role])[] = [
    [validator, 'validator'],
    ...workers.map(({ node }) => [node, 'worker'] as const),
  ]
  const rows = await transaction
    .selectFrom('market.nodes')
    .select(['node', 'roles'])
    .where(
      'node',
      'in',
      needed.map(([node]) => node),
    )
    .execute()
  const roles = new Map(rows.map((row) => [row.node, row.roles]))
  for (const [node, role] of needed) {
    if (roles.get(node)?.includes(role) !== true) {
      throw new ParticipantsError(`${node} is not registered as a ${role}`, { node, role })
    }
  }
}

/** The numeric class that the driver's capacity names; if that's gone, the one that the user asked for. */
async function readClass(transaction: MarketTransaction, row: RequestRow): Promise<string | undefined> {
  const capacity = await transaction
    .selectFrom('market.capacities')
    .select('numeric_class')
    .where('model', '=', row.model)
    .where('driver', '=', row.driver)
    .executeTakeFirst()
  return capacity?.numeric_class ?? (row.filters as DriverFilters).numericClass
}
