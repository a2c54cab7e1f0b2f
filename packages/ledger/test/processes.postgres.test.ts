import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@shardline/core'
import { sql } from 'kysely'
import t from 'tap'
import {
  DatabaseUnavailableError,
  LedgerBusyError,
  LedgerClosedError,
  openDatabase,
  openLedger,
  verifyLedger,
} from '@shardline/ledger'
import type { AccountId } from '@shardline/ledger'
import { startPostgres } from './support/postgres-server.ts'
import { Ids, makeAccounts, moveOf } from './support/test-ledger.ts'

const SPENDER = fileURLToPath(new URL('support/spending-process.ts', import.meta.url))
const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())
const skip = reason ?? false

/** A process that spends from an account until it is told no; tells how often it was told yes. */
async function spend(url: string, from: AccountId, to: AccountId): Promise<number> {
  const args = ['--import', 'tsx', '--conditions=shardline-source', SPENDER, url, from, to]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await once(child, 'close')
  return Number(output)
}

t.test('ledgers that open at the same time make the tables once', { skip }, async (t) => {
  if (server === undefined) return
  const url = await server.createDatabase()
  const databases = await Promise.all(Array.from({ length: 6 }, () => openDatabase(url)))
  const opened = await Promise.all(databases.map((database) => openLedger({ database, clock: systemClock })))
  const ids = new Ids(11)
  const id = ids.account()
  const outcomes = await Promise.all(
    opened.map((ledger) => ledger.createAccounts([{ id, ledger: 1, code: 1 }])),
  )
  const statuses = outcomes.map(([outcome]) => outcome?.status)
  t.equal(statuses.filter((status) => status === 'created').length, 1)
  t.equal(statuses.filter((status) => status === 'exists').length, 5)
  await Promise.all(databases.map((database) => database.close()))
})

t.test('two processes and this one never spend more than there is', { skip }, async (t) => {
  if (server === undefined) return
  const url = await server.createDatabase()
  await using database = await openDatabase(url)
  const ledger = await openLedger({ database, clock: systemClock })
  const ids = new Ids(12)
  const [bank, purse, shop] = await makeAccounts(ledger, ids, [
    {},
    { limit: 'debits_must_not_exceed_credits' },
    {},
  ])
  await ledger.createTransfers([moveOf(ids, [bank, purse], { amount: 3_000n })])
  const others = [spend(url, purse, shop), spend(url, purse, shop)]
  let own = 0
  for (let refused = false; !refused;) {
    const [outcome] = await ledger.createTransfers([moveOf(ids, [purse, shop], { amount: 1n })])
    if (outcome?.status === 'created') own++
    else refused = outcome?.status === 'exceeds_credits'
  }
  const spent = own + (await Promise.all(others)).reduce((sum, count) => sum + count, 0)
  t.equal(spent, 3_000)
  t.match((await ledger.lookupAccounts([purse]))[0], { debitsPosted: 3_000n, creditsPosted: 3_000n })
  t.match(await verifyLedger(database), { isIntact: true })
})

t.test('a database that is gone is a coded error that may be tried again', { skip }, async (t) => {
  if (server === undefined) return
  await using nowhere = await openDatabase('postgres://postgres@127.0.0.1:1/none', { connectMsMax: 2_000 })
  await t.rejects(openLedger({ database: nowhere, clock: systemClock }), DatabaseUnavailableError)
  const url = await server.createDatabase()
  await using database = await openDatabase(url)
  const ledger = await openLedger({ database, clock: systemClock })
  const ids = new Ids(13)
  const [a, b] = await makeAccounts(ledger, ids, [{}, {}])
  await server.disconnectAll(url)
  const move = moveOf(ids, [a, b])
  await ledger.createTransfers([move]).catch((cause: unknown) => t.type(cause, DatabaseUnavailableError))
  const [outcome] = await ledger.createTransfers([move])
  t.match(outcome?.status, /^(?:created|exists)$/)
  t.equal((await ledger.lookupAccounts([a]))[0]?.debitsPosted, 10n)
})

t.test(
  'a copy that its owner tampered with is found out, and the original is intact',
  { skip },
  async (t) => {
    if (server === undefined) return
    const url = await server.createDatabase()
    const ids = new Ids(15)
    {
      await using database = await openDatabase(url)
      const ledger = await openLedger({ database, clock: systemClock })
      const [a, b] = await makeAccounts(ledger, ids, [{}, {}])
      await ledger.createTransfers(Array.from({ length: 20 }, () => moveOf(ids, [a, b])))
    }
    await using copy = await openDatabase(await server.copyDatabase(url))
    t.match(await verifyLedger(copy), { isIntact: true, entries: 22n })
    await sql`alter table ledger.transfers disable trigger all`.execute(copy.kysely)
    await sql`update ledger.transfers set amount = 11 where log_index >= 9`.execute(copy.kysely)
    t.match(await verifyLedger(copy), { isIntact: false, fault: { part: 'entry', logIndex: 9n } })
    await using original = await openDatabase(url)
    t.match(await verifyLedger(original), { isIntact: true })
  },
)

t.test('a full queue refuses at once, a closed ledger too', { skip }, async (t) => {
  if (server === undefined) return
  await using database = await openDatabase(await server.createDatabase())
  const ledger = await openLedger({ database, clock: systemClock }, { itemsWaitingMax: 10 })
  const ids = new Ids(14)
  const [a, b] = await makeAccounts(ledger, ids, [{}, {}])
  const calls = Array.from({ length: 4 }, () =>
    ledger.createTransfers(Array.from({ length: 4 }, () => moveOf(ids, [a, b]))),
  )
  const settled = await Promise.allSettled(calls)
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  t.equal(refused.length, 2)
  for (const cause of refused) t.type(cause, LedgerBusyError)
  t.equal((await ledger.lookupAccounts([a]))[0]?.debitsPosted, 80n)
  await ledger.close()
  await t.rejects(ledger.createTransfers([moveOf(ids, [a, b])]), LedgerClosedError)
})
