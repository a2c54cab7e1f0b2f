import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cosign, formatVerifierKey, openPglitePool, openPostgresPool, parseNote } from '@shardline/ledger'
import type { Test } from 'tap'
import { fillLedger, fixtureSigner } from '../support/fixture-ledger.ts'
import type { LedgerPlace } from '../support/ledger-place.ts'
import { runHere } from '../support/run-here.ts'

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

/** Everything that `shardline ledger verify` promises of databases, on any database. */
export async function ledgerVerifySuite(t: Test, place: LedgerPlace): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shardline-cli-ledger-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const location = await place.fresh()
  const fixture = await fillLedger(location, { transfers: 60 })
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
}
