import { generateKeyPairSync } from 'node:crypto'
import { ManualClock } from '@shardline/core'
import t from 'tap'
import {
  ExportMalformedError,
  LedgerInputError,
  LedgerMissingError,
  databaseOf,
  ed25519Signer,
  exportLedger,
  formatExportLine,
  openLedger,
  openLedgerReader,
  openPglitePool,
  parseExportLine,
  verifyExport,
  verifyLedger,
} from '@shardline/ledger'
import type { VerifyExportOptions } from '@shardline/ledger'
import { sql } from 'kysely'
import { pgliteTemplate } from '../support/pglite-template.ts'
import { Ids, makeAccounts, moveOf } from '../support/test-ledger.ts'

const ids = new Ids(21)
const clock = new ManualClock(1_700_000_000_000)
const signer = ed25519Signer('export.example', generateKeyPairSync('ed25519').privateKey)
const database = databaseOf(await openPglitePool({ folder: undefined, template: await pgliteTemplate() }))
const ledger = await openLedger({ database, clock, signer })
t.teardown(() => database.close())

await ledger.checkpoint()
const [a, b, poor] = await makeAccounts(ledger, ids, [
  {},
  { userData: 'é"\\\n' },
  { limit: 'debits_must_not_exceed_credits' },
])
const hold = moveOf(ids, [a, b], { kind: 'pending', timeoutMs: 1e6 })
const moves = Array.from({ length: 1_200 }, () => moveOf(ids, [a, b]))
await ledger.createTransfers([hold, ...moves.slice(0, 600)])
const middle = await ledger.checkpoint()
await ledger.createTransfers([
  ...moves.slice(600),
  { id: ids.transfer(), kind: 'post', pendingId: hold.id },
  moveOf(ids, [poor, a]),
])
const end = await ledger.checkpoint()

async function exported(from = 0n): Promise<string> {
  let text = ''
  for await (const part of exportLedger(database, { from })) text += part
  return text
}

async function* inChunks(text: string, size = 1_000): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const verify = (text: string, options: VerifyExportOptions = {}) => verifyExport(inChunks(text), options)

const whole = await exported()
const lines = whole.trimEnd().split('\n')

t.test('an export verifies to the root of its ledger, with all checkpoints', async (t) => {
  const report = await verify(whole, { key: signer, notes: [middle.note] })
  t.match(report, { isIntact: true, entries: end.size, root: end.root, fault: undefined, checkpoints: 4 })
  t.equal(lines.length, 1 + Number(end.size) + 3)
  t.match((await verifyLedger(database, { key: signer })).root, report.root)
})

t.test('memory stays bounded: parts hold whole lines of at most a thousand entries', async (t) => {
  const sizes: number[] = []
  for await (const part of exportLedger(database)) {
    t.ok(part.endsWith('\n'))
    sizes.push(part.match(/"leaf_hash"/g)?.length ?? 0)
  }
  t.same(sizes, [0, 1_000, Number(end.size) - 1_000])
})

t.test('pieces that go on where the one before ended verify as one', async (t) => {
  for (const cut of [0n, 1n, 604n, 1_000n, end.size]) {
    const kept = lines.filter((line) => {
      const parsed = parseExportLine(line)
      return parsed.type === 'entry' ? parsed.index < cut : parsed.type === 'header' || parsed.size <= cut
    })
    const joined = `${kept.join('\n')}\n${await exported(cut)}`
    t.match(await verify(joined, { key: signer }), { isIntact: true, entries: end.size }, `cut at ${cut}`)
  }
  await t.rejects(exported(end.size + 1n), LedgerInputError)
})

t.test('whatever is changed in an export is found, and the first bad entry is named', async (t) => {
  const lineOf = (index: number): number => lines.findIndex((line) => line.startsWith(`{"index":"${index}",`))
  const change = (index: number, edit: (line: string) => string): string =>
    `${lines.map((line, at) => (at === lineOf(index) ? edit(line) : line)).join('\n')}\n`
  const id = moves[5]!.id
  const row = { part: 'entry', logIndex: 9n, id, field: 'row' }
  const cut = { part: 'entry', logIndex: 9n, field: 'row', what: /cut off, or none that can be/ }
  const cases: readonly (readonly [string, string, object])[] = [
    ['an amount', change(9, (line) => line.replace('"amount":"10"', '"amount":"11"')), row],
    ['a kind', change(9, (line) => line.replace('"single"', '"pending"')), row],
    ['a reference', change(9, (line) => line.replace('"user_data":""', '"user_data":"x"')), row],
    ['a space', change(9, (line) => line.replace(',', ', ')), cut],
    ['a field more', change(9, (line) => line.replace('}', ',"note":1}')), cut],
    ['a field less', change(9, (line) => line.replace('"code":1,', '')), cut],
    ['a number for a text', change(9, (line) => line.replace('"amount":"10"', '"amount":10')), cut],
    [
      'an entry left out',
      `${lines.toSpliced(lineOf(9), 1).join('\n')}\n`,
      { logIndex: 9n, field: 'log_index' },
    ],
    ['an entry twice', `${lines.toSpliced(lineOf(9), 0, lines[lineOf(9)]!).join('\n')}\n`, { logIndex: 10n }],
    [
      'the end cut off',
      `${lines.slice(0, lineOf(9)).join('\n')}\n`,
      { logIndex: 9n, what: /missing, of 1206/ },
    ],
    ['a line cut off', whole.slice(0, whole.indexOf(lines[lineOf(9)]!) + 40), cut],
  ]
  for (const [name, text, fault] of cases) {
    t.match(await verify(text), { isIntact: false, fault }, name)
  }
  const forged = formatExportLine({ type: 'header', from: 0n, size: end.size, root: middle.root })
  t.match(await verify(forged + lines.slice(1).join('\n') + '\n'), {
    isIntact: false,
    fault: { part: 'state', field: 'root' },
  })
})

t.test('an altered checkpoint is found, by its signature or its root', async (t) => {
  const at = lines.findIndex((line) => line.includes(`"size":"${middle.size}"`))
  const altered = lines.with(at, lines[at]!.replace('export.example ', 'expert.example '))
  const report = await verify(`${altered.join('\n')}\n`, { key: signer })
  t.match(report, { isIntact: false, fault: { part: 'checkpoint', logIndex: middle.size, field: 'note' } })
  const moved = lines.toSpliced(at, 1).toSpliced(at + 3, 0, lines[at]!)
  t.match(await verify(`${moved.join('\n')}\n`), {
    isIntact: false,
    fault: { part: 'checkpoint', field: 'size' },
  })
})

t.test('what is no export is refused', async (t) => {
  for (const text of ['', 'hello\n', '{"a":1}\n', lines.slice(1).join('\n'), '[]\n']) {
    await t.rejects(verify(text), ExportMalformedError, text.slice(0, 20))
  }
  await t.rejects(verify(whole, { lineBytesMax: 200 }), /more than 200 bytes/)
})

t.test('notes without a key are refused', async (t) => {
  await t.rejects(verify(whole, { notes: [middle.note] }), LedgerInputError)
})

t.test('a signal ends an export and a verification', async (t) => {
  const signal = AbortSignal.abort(new Error('enough'))
  await t.rejects(
    exportLedger(database, { signal })
      .next()
      .then(() => exportAll(signal)),
    /enough/,
  )
  await t.rejects(verify(whole, { signal }), /enough/)
  await t.rejects(verifyLedger(database, { signal }), /enough/)
})

async function exportAll(signal: AbortSignal): Promise<void> {
  for await (const part of exportLedger(database, { signal })) if (part === '') return
}

t.test('an entry without its row stops an export, by name', async (t) => {
  const pool = await openPglitePool({ folder: undefined, template: await pgliteTemplate() })
  await using damaged = databaseOf(pool)
  await using other = await openLedger({ database: damaged, clock })
  await makeAccounts(other, ids, [{}, {}])
  await sql`alter table ledger.accounts disable trigger all`.execute(damaged.kysely)
  await sql`delete from ledger.balances`.execute(damaged.kysely)
  await sql`delete from ledger.accounts where log_index = 1`.execute(damaged.kysely)
  const all = (async () => {
    for await (const part of exportLedger(damaged)) if (part === '') return
  })()
  await t.rejects(all, { code: 'LEDGER_LOG_DAMAGED', message: /entry 1 \(/ })
})

t.test('a database without a ledger is left without one', async (t) => {
  await using empty = databaseOf(await openPglitePool({ folder: undefined }))
  await t.rejects(openLedgerReader(empty), LedgerMissingError)
  await t.rejects(verifyLedger(empty), LedgerMissingError)
  await t.rejects(exportLedger(empty).next(), LedgerMissingError)
})

t.test('a reader sees what the ledger holds', async (t) => {
  const reader = await openLedgerReader(database)
  t.match(await reader.accounts({ limit: 1 }), { items: [{ id: a }], next: 0n })
  t.match(await reader.lookupTransfers([hold.id]), [{ id: hold.id, endedBy: 'post' }])
  t.match(await reader.consistencyProof(middle.size), { fromSize: middle.size, toSize: end.size })
})
