import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cosign, formatVerifierKey, openPglitePool, openPostgresPool, parseNote } from '@shardline/ledger'
import type { Test } from 'tap'
import { fillLedger, fixtureSigner } from '../support/fixture-ledger.ts'
import { runHere } from '../support/run-here.ts'

/** A place for ledgers, embedded or on a server. */
export interface LedgerPlace {
  /** A location without a ledger yet. */
  fresh(): Promise<string>
  /** A copy of a ledger that nobody has open. */
  copy(location: string): Promise<string>
}

const LOG_KEY = formatVerifierKey(fixtureSigner('ledger.example'), 'log')
const WITNESS = fixtureSigner('witness.example')
const WITNESS_KEY = formatVerifierKey(WITNESS, 'witness')

/** Carries out statements as one who owns the database. */
async function execute(location: string, statements: readonly string[]): Promise<void> {
  const isServer = location.startsWith('postgres://')
  const pool = isServer ? openPostgresPool({ url: location }) : await openPglitePool({ folder: location })
  const connection = await pool.connect()
  for (const statement of statements) await connection.query(statement, [])
  connection.release()
  await pool.end()
}

/** Everything that `shardline ledger` promises, on any database. */
export async function ledgerCommandSuite(t: Test, place: LedgerPlace): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shardline-cli-ledger-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const location = await place.fresh()
  const fixture = await fillLedger(location, { transfers: 60 })
  const [bank, alice] = fixture.accounts
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(path.join(folder, name), text)
    return path.join(folder, name)
  }
  const witnessed = async (note: string): Promise<string> =>
    note + (await cosign(parseNote(note).text, WITNESS, 1_700_000_000_000))
  const ledger = (command: string, ...args: readonly string[]) =>
    runHere(['ledger', command, '--database', location, ...args])

  await t.test('verify prints size, root and checkpoint of an intact ledger', async (t) => {
    const root = Buffer.from(fixture.end.root).toString('base64')
    const text = await ledger('verify', '--log-key', LOG_KEY)
    t.equal(text.code, 0, text.stderr)
    t.match(text.stdout, /^ledger +intact\nentries +63\n/)
    t.ok(text.stdout.includes(root))
    t.match(text.stdout, /checkpoint +63 entries, signed by ledger\.example \(2 compared\)\n$/)
    const json = await runHere(['ledger', 'verify', '--json'], { SHARDLINE_DATABASE: location })
    t.match(JSON.parse(json.stdout), {
      is_intact: true,
      entries: '63',
      root,
      checkpoint: { origin: 'ledger.example', size: '63', root },
      checkpoints: 2,
      fault: null,
    })
  })

  await t.test('verify names the first bad entry of a copy that was tampered with', async (t) => {
    const copy = await place.copy(location)
    const bad = fixture.transfers[14]!
    await execute(copy, [
      'alter table ledger.transfers disable trigger all',
      'update ledger.transfers set amount = amount + 1 where log_index in (17, 40)',
    ])
    const { code, stdout, stderr } = await runHere(['ledger', 'verify', '--database', copy, '--json'])
    t.equal(code, 1)
    const fault = { part: 'entry', index: '17', id: bad.id, field: 'row' }
    t.match(JSON.parse(stdout), { is_intact: false, entries: '17', fault })
    t.match(JSON.parse(stderr), { error: { code: 'CLI_LEDGER_FAULTY', details: fault } })
    const text = await runHere(['ledger', 'verify', '--database', copy])
    t.match(text.stderr, new RegExp(`^error: entry 17, id ${bad.id}, field row: its row and its leaf hash`))
  })

  await t.test('a fork and a shortened log are found by what a witness signed', async (t) => {
    const seen = await file('seen.txt', await witnessed(fixture.end.note))
    const witness = ['--checkpoint', seen, '--witness-key', WITNESS_KEY]
    const intact = await ledger('verify', ...witness)
    t.equal(intact.code, 0, intact.stderr)

    const fork = await place.fresh()
    await fillLedger(fork, { transfers: 60, amount: 9n })
    const alone = await runHere(['ledger', 'verify', '--database', fork, '--log-key', LOG_KEY])
    t.equal(alone.code, 0, 'by itself a fork is consistent')
    const forked = await runHere(['ledger', 'verify', '--database', fork, ...witness])
    t.equal(forked.code, 1)
    t.match(forked.stderr, /the first 63 entries are not those that were signed/)

    const short = await place.fresh()
    await fillLedger(short, { transfers: 30 })
    const shortened = await runHere(['ledger', 'verify', '--database', short, ...witness])
    t.equal(shortened.code, 1)
    t.match(shortened.stderr, /63 entries were signed, only 33 are there/)
  })

  await t.test('a checkpoint counts only with the signatures that are asked for', async (t) => {
    const plain = await file('plain.txt', fixture.end.note)
    const seen = await file('seen.txt', await witnessed(fixture.end.note))
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['--checkpoint', plain], 2, /needs --log-key or --witness-key/],
      [['--witness-key', WITNESS_KEY], 2, /needs --checkpoint/],
      [['--checkpoint', plain, '--witness-key', WITNESS_KEY], 1, /no valid signature of witness\.example/],
      [['--checkpoint', seen, '--log-key', WITNESS_KEY], 1, /the log key is "witness\.example\+/],
      [['--checkpoint', seen, '--log-key', LOG_KEY, '--witness-key', WITNESS_KEY], 0, /^$/],
      [['--checkpoint', plain, '--log-key', LOG_KEY], 0, /^$/],
    ]
    for (const [args, code, says] of cases) {
      const result = await ledger('verify', ...args)
      t.equal(result.code, code, args.join(' '))
      t.match(result.stderr, says)
    }
  })

  await t.test('accounts are listed with balances, by page, filter and id', async (t) => {
    const page = await ledger('accounts', '--limit', '2', '--json')
    const { accounts, next } = JSON.parse(page.stdout) as { accounts: Record<string, string>[]; next: string }
    t.equal(accounts.length, 2)
    t.match(accounts[0], { id: bank, ledger: 1, code: 1, log_index: '0', limit: 'none' })
    const rest = await ledger('accounts', '--after', next, '--json')
    t.match(JSON.parse(rest.stdout), { accounts: [{ log_index: '2' }], next: null })
    const all = await ledger('accounts', '--limit', '1', '--all', '--json')
    t.equal((JSON.parse(all.stdout) as { accounts: unknown[] }).accounts.length, 3)
    const filtered = await ledger('accounts', '--user-data', 'alice', '--code', '2', '--json')
    t.match(JSON.parse(filtered.stdout), { accounts: [{ id: alice }], next: null })
    const table = await ledger('accounts', alice)
    t.match(table.stdout, /^index +account +ledger/)
    t.match(table.stdout, /\n1 +018bcfe5-\S+ +1 +2 +37\.500870 +0\.000000/)
    const unknown = await ledger('accounts', alice, '018bcfe5-0000-7000-8000-000000000000')
    t.equal(unknown.code, 1)
    t.match(unknown.stderr, /no accounts 018bcfe5-0000-7000-8000-000000000000/)
  })

  await t.test('transfers are listed by page, filter and id', async (t) => {
    const count = async (...args: readonly string[]): Promise<number> => {
      const { stdout, stderr } = await ledger('transfers', '--json', ...args)
      if (stderr !== '') throw new Error(stderr)
      return (JSON.parse(stdout) as { transfers: unknown[] }).transfers.length
    }
    t.equal(await count(), 60)
    t.equal(await count('--kind', 'pending'), 6)
    t.equal(await count('--account', alice), 30)
    t.equal(await count('--account', alice, '--side', 'debit'), 0)
    t.equal(await count('--limit', '7'), 7)
    t.equal(await count('--limit', '7', '--all'), 60)
    t.equal(await count('--since', '2023-11-14T22:13:21Z'), 0)
    t.equal(await count('--until', '2023-11-14'), 0)
    t.equal(await count('--since', '2023-11-14'), 60)
    const newest = await ledger('transfers', '--reverse', '--limit', '1', '--json')
    t.match(JSON.parse(newest.stdout), {
      transfers: [{ log_index: '62', id: fixture.transfers[59]!.id, amount: '1250059', pending_id: null }],
      next: '62',
    })
    const table = await ledger('transfers', fixture.transfers[0]!.id)
    t.match(table.stdout, /\n3 +018bcfe5-\S+ +single +1\.250000 +.* 2023-11-14T22:13:20\.\d{3}Z\n$/)
    t.match((await ledger('transfers', '--limit', '5')).stderr, /There are more: --after 7/)
    t.match(await ledger('transfers', '--side', 'debit'), { code: 2, stderr: /--side needs --account/ })
  })

  await t.test('an export verifies without a database, and tampering with it is found', async (t) => {
    const target = path.join(folder, 'whole.jsonl')
    const { code, stderr } = await ledger('export', '--output', target)
    t.equal(code, 0, stderr)
    t.match(stderr, /63 entries written, 63 in all/)
    const text = await readFile(target, 'utf8')
    t.equal((await ledger('export')).stdout, text, 'standard output gets the same')
    const good = await runHere(['ledger', 'verify', '--export', target, '--log-key', LOG_KEY, '--json'])
    t.match(JSON.parse(good.stdout), { is_intact: true, entries: '63', checkpoints: 2 })
    const changed = await file('changed.jsonl', text.replace('"amount":"1250004"', '"amount":"9250004"'))
    const bad = await runHere(['ledger', 'verify', '--export', changed])
    t.equal(bad.code, 1)
    t.match(bad.stderr, new RegExp(`entry 7, id ${fixture.transfers[4]!.id}, field row`))
    const again = await ledger('export', '--output', target)
    t.match(again, { code: 1, stderr: /can't write .*: there is such a file already/ })
  })

  await t.test('an interrupted export goes on where it ends', async (t) => {
    const whole = await readFile(path.join(folder, 'whole.jsonl'), 'utf8')
    const target = await file('part.jsonl', whole.slice(0, Math.floor(whole.length / 3)))
    t.match(await ledger('export', '--output', target, '--resume'), { code: 0 })
    const resumed = await readFile(target, 'utf8')
    const verified = await runHere(['ledger', 'verify', '--export', target, '--log-key', LOG_KEY, '--json'])
    t.match(JSON.parse(verified.stdout), { is_intact: true, entries: '63' })
    t.match(await ledger('export', '--output', target, '--resume'), {
      stderr: /^0 entries written, 63 in all/,
    })
    t.equal(await readFile(target, 'utf8'), resumed, 'nothing came since')
    const tail = await ledger('export', '--from', '60')
    t.equal(tail.stdout.match(/"leaf_hash"/g)?.length, 3)
    t.match(await ledger('export', '--from', '64'), {
      code: 1,
      stderr: /from is 64; it must be from 0 to 63/,
    })
  })
}
