import type { Kysely } from 'kysely'
import { isSameHash } from '@shardline/core'
import type { CompactRange, TreeNode } from '../merkle/compact-range.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import type { LedgerReplay } from './ledger-replay.ts'
import type { LedgerFault } from './verify-report.ts'

/** What the log says that must be stored beside it. */
export interface ExpectedState {
  readonly replay: LedgerReplay
  readonly range: CompactRange
  readonly nodes: readonly TreeNode[]
}

/** Compares what is kept beside the log with what the log says: balances, open holds, nodes, the state row. */
export async function verifyState(
  kysely: Kysely<LedgerTables>,
  expected: ExpectedState,
): Promise<LedgerFault | undefined> {
  return (
    (await verifyBalances(kysely, expected.replay)) ??
    (await verifyHolds(kysely, expected.replay)) ??
    (await verifyNodes(kysely, expected.nodes)) ??
    (await verifyStateRow(kysely, expected))
  )
}

const BALANCES = ['debits_pending', 'debits_posted', 'credits_pending', 'credits_posted'] as const

async function verifyBalances(
  kysely: Kysely<LedgerTables>,
  replay: LedgerReplay,
): Promise<LedgerFault | undefined> {
  const rows = await kysely.selectFrom('ledger.balances').selectAll().execute()
  const stored = new Map(rows.map((row) => [row.account_id, row]))
  for (const { record, logIndex, ...balances } of replay.balances()) {
    const { id } = record
    const row = stored.get(id)
    stored.delete(id)
    if (row === undefined) {
      return { part: 'balance', logIndex, id, field: 'row', what: 'its balances are missing' }
    }
    const found = [row.debits_pending, row.debits_posted, row.credits_pending, row.credits_posted]
    const { debitsPending, debitsPosted, creditsPending, creditsPosted } = balances
    const wanted = [debitsPending, debitsPosted, creditsPending, creditsPosted]
    if (String(found) === String(wanted)) continue
    const what = `its balances are ${found.join(', ')}; its transfers add up to ${wanted.join(', ')}`
    const field = BALANCES[found.findIndex((sum, index) => sum !== wanted[index])] ?? 'row'
    return { part: 'balance', logIndex, id, field, what }
  }
  const [extra] = stored.keys()
  if (extra === undefined) return undefined
  return {
    part: 'balance',
    logIndex: undefined,
    id: extra,
    field: 'account_id',
    what: 'balances of an account that does not exist',
  }
}

async function verifyHolds(
  kysely: Kysely<LedgerTables>,
  replay: LedgerReplay,
): Promise<LedgerFault | undefined> {
  const rows = await kysely.selectFrom('ledger.open_holds').selectAll().execute()
  const stored = new Map(rows.map((row) => [row.transfer_id, row.expires_at_ns]))
  const fault = (id: string, field: string, what: string): LedgerFault => ({
    part: 'hold',
    logIndex: undefined,
    id,
    field,
    what,
  })
  for (const { id, expiresAtNs } of replay.openHolds()) {
    if (!stored.has(id)) return fault(id, 'row', 'the hold is open, but is not listed so')
    if ((stored.get(id) ?? undefined) !== expiresAtNs) {
      return fault(id, 'expires_at_ns', 'the hold expires at another time')
    }
    stored.delete(id)
  }
  const [extra] = stored.keys()
  return extra === undefined ? undefined : fault(extra, 'transfer_id', 'no such hold is open')
}

async function verifyNodes(
  kysely: Kysely<LedgerTables>,
  nodes: readonly TreeNode[],
): Promise<LedgerFault | undefined> {
  const rows = await kysely.selectFrom('ledger.log_nodes').selectAll().execute()
  const stored = new Map(rows.map((row) => [`${row.height}/${row.node_index}`, row.hash]))
  for (const { height, index, hash } of nodes) {
    const found = stored.get(`${height}/${index}`)
    stored.delete(`${height}/${index}`)
    if (found !== undefined && isSameHash(found, hash)) continue
    return nodeFault(index << BigInt(height), `the root over its 2^${height} entries is not the stored one`)
  }
  return stored.size === 0 ? undefined : nodeFault(undefined, 'the root of a subtree is stored that is none')
}

function nodeFault(logIndex: bigint | undefined, what: string): LedgerFault {
  return { part: 'node', logIndex, id: '', field: 'hash', what }
}

async function verifyStateRow(
  kysely: Kysely<LedgerTables>,
  { range, replay }: ExpectedState,
): Promise<LedgerFault | undefined> {
  const fault = (field: string, what: string): LedgerFault => ({
    part: 'state',
    logIndex: undefined,
    id: '',
    field,
    what,
  })
  const state = await kysely.selectFrom('ledger.state').selectAll().where('id', '=', 1).executeTakeFirst()
  if (state === undefined) return fault('row', 'the state is missing')
  if (state.log_size !== range.size)
    return fault('log_size', `it counts ${state.log_size} entries, ${range.size} are there`)
  if (!isSameHash(state.log_peaks, range.toBytes()))
    return fault('log_peaks', 'its tree is not the one of the entries')
  return state.last_timestamp_ns === replay.lastNs
    ? undefined
    : fault('last_timestamp_ns', 'its time is not that of the last entry')
}
