import { generateKeyPairSync } from 'node:crypto'
import { ManualClock } from '@shardline/core'
import { sql } from 'kysely'
import t from 'tap'
import {
  MemoryWitnessStore,
  Witness,
  databaseOf,
  ed25519Signer,
  openLedger,
  openPglitePool,
  verifyLedger,
} from '@shardline/ledger'
import type { LedgerDatabase, LedgerFault, TransferInit, VerifyOptions } from '@shardline/ledger'
import { pgliteTemplate } from './support/pglite-template.ts'
import { Ids, makeAccounts, moveOf } from './support/test-ledger.ts'

const ids = new Ids(9)
const clock = new ManualClock(1_700_000_000_000)
const signer = ed25519Signer('test.example', generateKeyPairSync('ed25519').privateKey)
const pool = await openPglitePool({ folder: undefined, template: await pgliteTemplate() })
const database = databaseOf(pool)
const ledger = await openLedger({ database, clock, signer })
t.teardown(() => database.close())

// Accounts are entries 0 to 2; then come 300 transfers, holds of every end, a failure.
const [a, b, poor] = await makeAccounts(ledger, ids, [{}, {}, { limit: 'debits_must_not_exceed_credits' }])
const moves = Array.from({ length: 300 }, () => moveOf(ids, [a, b]))
await ledger.createTransfers(moves)
const middle = await ledger.checkpoint()
const holds = Array.from({ length: 4 }, (_, i) =>
  moveOf(ids, [a, b], { kind: 'pending', timeoutMs: i === 0 ? 10 : 0 }),
)
const ends: TransferInit[] = [
  { id: ids.transfer(), kind: 'post', pendingId: holds[1]!.id, amount: 3n },
  { id: ids.transfer(), kind: 'void', pendingId: holds[2]!.id },
]
await ledger.createTransfers([...holds, ...ends, moveOf(ids, [poor, a])])
clock.advance(1_000)
await ledger.sweepExpired()
const end = await ledger.checkpoint()

/** Verifies a copy on which some statements were carried out by one who owns the database. */
async function verifyAfter(statements: readonly string[], options: VerifyOptions = {}) {
  const undo = new Error('undo')
  let report: Awaited<ReturnType<typeof verifyLedger>> | undefined
  await database.kysely
    .transaction()
    .execute(async (kysely) => {
      await sql`set local session_replication_role = replica`.execute(kysely)
      for (const statement of statements) await sql.raw(statement).execute(kysely)
      report = await verifyLedger({ kysely } as Pick<LedgerDatabase, 'kysely'>, options)
      throw undo
    })
    .catch((cause: unknown) => {
      if (cause !== undo) throw cause
    })
  return report!
}

t.test('an untouched ledger is intact', async (t) => {
  t.match(await verifyLedger(database, { key: signer, notes: [middle.note] }), {
    isIntact: true,
    entries: end.size,
    root: end.root,
    fault: undefined,
    checkpoints: 3,
  })
  await using copy = databaseOf(await openPglitePool({ folder: undefined, template: await pool.dump() }))
  t.match(await verifyLedger(copy, { key: signer }), { isIntact: true, entries: end.size })
})

t.test('tampering with any row is found, and the first bad entry is named', async (t) => {
  const id = (index: number): string => moves[index - 3]!.id
  const other = ids.transfer()
  const where = `where log_index = 17`
  const entry: Partial<LedgerFault> = { part: 'entry', logIndex: 17n, id: id(17) }
  const cases: readonly (readonly [string, Partial<LedgerFault>])[] = [
    ...[
      'amount = amount + 1',
      'kind = 2',
      `debit_account_id = '${poor}'`,
      `credit_account_id = '${poor}'`,
      'ledger = 2',
      'code = 2',
      `user_data = 'x'`,
      'timeout_ms = 1',
      'timestamp_ns = timestamp_ns + 1',
      `id = '${other}'`,
      'log_index = 100000',
    ].map((change) => [`update ledger.transfers set ${change} ${where}`, entry] as const),
    [`delete from ledger.transfers ${where}`, entry],
    [`update ledger.log_entries set leaf_hash = decode(repeat('00', 32), 'hex') ${where}`, entry],
    [`update ledger.log_entries set entry_type = 1 ${where}`, entry],
    [`update ledger.log_entries set entry_id = '${other}' ${where}`, { part: 'entry', logIndex: 17n }],
    [`delete from ledger.log_entries ${where}`, { part: 'entry', logIndex: 17n }],
    ['update ledger.accounts set code = 9 where log_index = 1', { part: 'entry', logIndex: 1n, id: b }],
    [
      'update ledger.accounts set balance_limit = 0 where log_index = 2',
      { part: 'entry', logIndex: 2n, id: poor },
    ],
    [
      `update ledger.accounts set user_data = 'me' where log_index = 0`,
      { part: 'entry', logIndex: 0n, id: a },
    ],
    ['update ledger.failures set status = 1', { part: 'entry', logIndex: 309n }],
    ['delete from ledger.failures', { part: 'entry', logIndex: 309n }],
    [
      `update ledger.balances set debits_posted = debits_posted - 1 where account_id = '${a}'`,
      { part: 'balance', logIndex: 0n, id: a },
    ],
    [
      `update ledger.balances set credits_pending = 0 where account_id = '${b}'`,
      { part: 'balance', logIndex: 1n, id: b },
    ],
    [`delete from ledger.balances where account_id = '${poor}'`, { part: 'balance', logIndex: 2n, id: poor }],
    [`insert into ledger.balances values ('${other}', 0, 0, 0, 5)`, { part: 'balance', id: other }],
    ['delete from ledger.open_holds', { part: 'hold', id: holds[3]!.id }],
    ['update ledger.open_holds set expires_at_ns = 5', { part: 'hold', id: holds[3]!.id }],
    [`insert into ledger.open_holds values ('${other}')`, { part: 'hold', id: other }],
    [`update ledger.log_nodes set hash = decode(repeat('00', 32), 'hex')`, { part: 'node', logIndex: 0n }],
    ['delete from ledger.log_nodes', { part: 'node', logIndex: 0n }],
    ['update ledger.state set log_size = log_size + 1', { part: 'state' }],
    [`update ledger.state set log_peaks = decode(repeat('00', length(log_peaks)), 'hex')`, { part: 'state' }],
    ['update ledger.state set last_timestamp_ns = 0', { part: 'state' }],
    ['delete from ledger.state', { part: 'state' }],
    [`insert into ledger.failures values ('${other}', 100000, 1, 5)`, { part: 'count', id: other }],
    [`insert into ledger.accounts values ('${other}', 100000, 1, 1, 0, '', 5)`, { part: 'count', id: other }],
  ]
  for (const [statement, fault] of cases) {
    const report = await verifyAfter([statement])
    t.match({ isIntact: report.isIntact, ...report.fault }, { isIntact: false, ...fault }, statement)
  }
})

t.test('of several bad entries the first is named', async (t) => {
  const report = await verifyAfter([
    'update ledger.transfers set amount = 1 where log_index = 200',
    'update ledger.transfers set amount = 1 where log_index = 30',
    'update ledger.accounts set code = 9 where log_index = 2',
  ])
  t.match(report.fault, { part: 'entry', logIndex: 2n, id: poor })
})

t.test('a history that was rewritten with all its hashes is caught by what was signed before', async (t) => {
  const forged = databaseOf(await openPglitePool({ folder: undefined, template: await pgliteTemplate() }))
  const forger = await openLedger({ database: forged, clock: new ManualClock(1_700_000_000_000), signer })
  const accounts = [
    { id: a, ledger: 1, code: 1 },
    { id: b, ledger: 1, code: 1 },
    { id: poor, ledger: 1, code: 1, limit: 'debits_must_not_exceed_credits' as const },
  ]
  await forger.createAccounts(accounts)
  await forger.createTransfers(moves.map((move, i) => (i === 150 ? { ...move, amount: 1n } : move)))
  const shown = await forger.checkpoint()

  t.match(await verifyLedger(forged, { key: signer }), { isIntact: true }, 'by itself it is consistent')
  const report = await verifyLedger(forged, { key: signer, notes: [middle.note] })
  t.match(report.fault, { part: 'checkpoint', what: /not those that were signed/ })

  const witnessSigner = ed25519Signer('witness.example', generateKeyPairSync('ed25519').privateKey)
  const components = { signer: witnessSigner, store: new MemoryWitnessStore(), clock }
  const witness = new Witness(components, [signer])
  t.match(await witness.witness({ note: middle.note, fromSize: 0n, hashes: [] }), { status: 'cosigned' })
  t.match(await witness.witness({ note: shown.note, fromSize: middle.size, hashes: [] }), { status: 'fork' })
  const { hashes } = await ledger.consistencyProof(middle.size, end.size)
  t.match(await witness.witness({ note: end.note, fromSize: middle.size, hashes }), { status: 'cosigned' })
  await forged.close()
})

t.test('entries that were cut off are missed by the checkpoint over them', async (t) => {
  const cut = ['transfers', 'failures', 'log_entries'].map(
    (table) => `delete from ledger.${table} where log_index >= 303`,
  )
  const report = await verifyAfter(cut, { key: signer })
  t.match(report.fault, { part: 'checkpoint', logIndex: 303n, what: /only 303 are there/ })
})

t.test('a stored checkpoint that was altered is found', async (t) => {
  const report = await verifyAfter([`update ledger.checkpoints set note = replace(note, 'test', 'best')`], {
    key: signer,
  })
  t.match(report, { isIntact: false, fault: { part: 'checkpoint' } })
})
