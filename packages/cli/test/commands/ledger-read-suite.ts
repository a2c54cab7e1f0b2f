import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { formatVerifierKey } from '@shardline/ledger'
import type { Test } from 'tap'
import { fillLedger, fixtureSigner } from '../support/fixture-ledger.ts'
import type { LedgerPlace } from '../support/ledger-place.ts'
import { runHere } from '../support/run-here.ts'

const LOG_KEY = formatVerifierKey(fixtureSigner('ledger.example'), 'log')

/** Everything that `shardline ledger accounts`, `transfers` and `export` promise, on any database. */
export async function ledgerReadSuite(t: Test, place: LedgerPlace): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shardline-cli-ledger-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const location = await place.fresh()
  const fixture = await fillLedger(location, { transfers: 60 })
  const [bank, alice] = fixture.accounts
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(path.join(folder, name), text)
    return path.join(folder, name)
  }
  const ledger = (command: string, ...args: readonly string[]) =>
    runHere(['ledger', command, '--database', location, ...args])

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
