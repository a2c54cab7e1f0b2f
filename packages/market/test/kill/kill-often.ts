import { SeededRandom, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import { openDatabase, openLedger, verifyLedger } from '@shardline/ledger'
import type { Ledger, LedgerDatabase } from '@shardline/ledger'
import { openMarket } from '@shardline/market'
import type { RequestId } from '@shardline/market'
import type { Test } from 'tap'
import { marketTables } from '../../src/database/transaction.ts'
import { MARKET_ACCOUNTS, partyAccount } from '../../src/ids.ts'
import type { RequestRow } from '../../src/request/request-row.ts'
import { readPlan } from '../../src/settlement/settlement-plan.ts'
import { TestProcess } from '../support/child-process.ts'
import { plannedTransfers } from '../support/settled-transfers.ts'
import { isSoak, testSeed } from '../support/soak.ts'
import { DEPOSIT, clockOf, lifeId, lifeParties, lifeSettings } from './lives.ts'

const KILLS_SOAK = 100
/** A process dies at a random point of this time, from when the first of its requests has ended. */
const LIFE_MS_MAX = 300
/** Part of the processes whose time begins when the market is open: they die while they take up what was left. */
const EARLY_PART = 0.25
/** Processes that have loaded their code and wait to be told to begin. */
const WARM = 2
const FEEDBACK_CODE = 5

/** Kills a market that settles again and again, lets one come back in peace, and counts. */
export async function killOften(t: Test, location: string, killsShort: number): Promise<void> {
  const random = new SeededRandom(testSeed(t))
  const kills = isSoak ? KILLS_SOAK : killsShort
  const seen: Seen = { ended: new Map(), begun: 0, left: 0 }
  const spare: TestProcess[] = []
  const warm = (): void =>
    void spare.push(new TestProcess('settling-process.ts', import.meta.url, [location]))
  try {
    for (let kill = 0; kill < kills; kill++) {
      while (spare.length < Math.min(WARM, kills - kill)) warm()
      const process = spare.shift()
      if (process !== undefined) await liveAndDie(process, { nth: kill, seen, random })
    }
  } finally {
    for (const process of spare) await process[Symbol.asyncDispose]()
  }
  await comeBack(t, location, { nth: kills + 1, seen })
  t.comment(
    `${kills} kills, ${seen.begun} requests begun, ${seen.ended.size} ends told, ${seen.left} settlements left due by kills`,
  )
}

interface Seen {
  /** State in which each life ended, as its process said. */
  readonly ended: Map<number, string>
  begun: number
  /** Settlements that were due when a process came back. */
  left: number
}

async function liveAndDie(
  process: TestProcess,
  { nth, seen, random }: { readonly nth: number; readonly seen: Seen; readonly random: SeededRandom },
): Promise<void> {
  await process.line('warm')
  process.tell(`${nth} ${seen.begun}`)
  const open = await process.line('open')
  seen.left += Number(open.split(' ')[1])
  if (nth === 0 || random.float() >= EARLY_PART) await process.line('end')
  await systemClock.sleep(random.float() * LIFE_MS_MAX)
  await process.kill()
  for (const line of process.lines) {
    const [what, life, state = ''] = line.split(' ')
    if (what === 'begin') seen.begun = Math.max(seen.begun, Number(life) + 1)
    if (what === 'end') seen.ended.set(Number(life), state)
  }
}

async function comeBack(
  t: Test,
  location: string,
  { nth, seen }: { readonly nth: number; readonly seen: Seen },
): Promise<void> {
  await using database = await openDatabase(location)
  const clock = clockOf(nth)
  t.match(
    await verifyLedger(database),
    { isIntact: true, fault: undefined },
    'what the last kill left is intact',
  )
  const parties = await lifeParties()
  await using market = await openMarket(
    { database, clock, random: systemRandom, log: silentLog },
    lifeSettings(parties),
  )
  // The second round takes up what the first one moved on: a lease that lapses, and a deadline then.
  for (let round = 0; round < 3; round++) await market.sweep()
  await using ledger = await openLedger({ database, clock })
  await countMoney(t, { database, ledger, seen })
  t.match(
    await verifyLedger(database),
    { isIntact: true, fault: undefined },
    'balances are what the log adds up to',
  )
}

interface Counted {
  readonly database: LedgerDatabase
  readonly ledger: Ledger
  readonly seen: Seen
}

async function countMoney(t: Test, { database, ledger, seen }: Counted): Promise<void> {
  const rows = await marketTables({ database }).selectFrom('market.requests').selectAll().execute()
  const open = rows.filter(({ ended_at_ms, settlement }) => ended_at_ms === null || settlement !== 'done')
  t.same(
    open.map(({ id, state, settlement }) => [id, state, settlement]),
    [],
    'every request has ended and is settled',
  )
  const states = new Map(rows.map(({ id, state }) => [id, state]))
  const lost = [...seen.ended].filter(([life, state]) => states.get(lifeId(life)) !== state)
  t.same(lost, [], 'no end that was told is lost')
  const wrong: string[] = []
  const paid = new Map<PartyId, bigint>()
  let [fees, spent] = [0n, 0n]
  for (const row of rows) {
    const plan = readPlan(row.settlement_plan)
    if (plan === undefined) throw new Error(`request ${row.id} has no plan`)
    if (!(await isAsPlanned(ledger, row))) wrong.push(row.id)
    for (const { node, amount } of plan.payouts) paid.set(node, (paid.get(node) ?? 0n) + amount)
    fees += plan.fee
    spent += plan.billed
  }
  t.same(wrong, [], 'each has the transfers of its plan, once')
  const { user, driver, other } = await lifeParties()
  const ids = [user, driver, other].map(({ id }) => partyAccount(id))
  const accounts = await ledger.lookupAccounts([...ids, MARKET_ACCOUNTS.escrow, MARKET_ACCOUNTS.fee])
  const [purse, first, second, escrow, fee] = accounts
  t.match(
    purse,
    { creditsPosted: DEPOSIT, debitsPosted: spent, debitsPending: 0n },
    'the user paid the bills',
  )
  t.equal(first?.creditsPosted ?? 0n, paid.get(driver.id) ?? 0n, 'the driver got its parts once')
  t.equal(second?.creditsPosted ?? 0n, paid.get(other.id) ?? 0n, 'the other node got its parts once')
  t.equal(fee?.creditsPosted ?? 0n, fees, 'the fees were taken once')
  t.match(
    escrow,
    { creditsPosted: spent, debitsPosted: spent, creditsPending: 0n },
    'nothing is left in escrow',
  )
  t.ok(seen.ended.size > 0, `${seen.ended.size} of ${rows.length} requests told their end`)
}

async function isAsPlanned(ledger: Ledger, row: RequestRow): Promise<boolean> {
  const plan = readPlan(row.settlement_plan)
  if (plan === undefined) return false
  const { items } = await ledger.transfers({ userData: row.id })
  const found = items
    .filter(({ code }) => code !== FEEDBACK_CODE)
    .map(({ id, kind, amount }) => `${id} ${kind} ${amount}`)
    .toSorted()
  const wanted = plannedTransfers(row.id as RequestId, row.hold, plan)
  return found.length === wanted.length && found.every((one, index) => one === wanted[index])
}
