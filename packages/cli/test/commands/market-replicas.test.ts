import { systemClock, systemRandom } from '@shardline/core'
import { KeyStore, identityFromSeed, signRequest } from '@shardline/identity'
import { openDatabase, timeOrderedId } from '@shardline/ledger'
import { startPostgres } from '@shardline/ledger/testing'
import { sql } from 'kysely'
import { mkdtempSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { DiskKeyFolder } from '../../src/keys/disk-key-folder.ts'
import { RunningCommand, runCommand } from '../support/command.ts'

const GUIDE = new URL('../../../../docs/guides/market-on-postgresql.md', import.meta.url)

/** The SQL of the guide, block by block. */
async function sqlOfGuide(): Promise<readonly string[]> {
  const text = await readFile(GUIDE, 'utf8')
  return [...text.matchAll(/```sql\n([^`]+)```/g)].map(([, block]) => block ?? '')
}

async function execute(url: string, statements: string): Promise<void> {
  await using database = await openDatabase(url)
  for (const statement of statements.split(';')) {
    if (statement.trim() !== '') await sql.raw(statement).execute(database.kysely)
  }
}

interface Started {
  readonly address: string
  readonly id: string
}

async function started(market: RunningCommand): Promise<Started> {
  const [line = ''] = await market.untilWritten('stdout', /^\{.*\}$/m)
  return JSON.parse(line) as Started
}

/** Deposits credits as the market itself, whose key is in the folder. Gives the status. */
async function deposit(address: string, keys: string): Promise<number> {
  const folder = new DiskKeyFolder({ path: keys, random: systemRandom, platform: process.platform })
  const store = new KeyStore({ folder, clock: systemClock, random: systemRandom })
  const identity = await identityFromSeed((await store.open({ name: 'market' })).seed)
  const id = timeOrderedId(systemClock, systemRandom)
  const body = new Uint8Array(Buffer.from(JSON.stringify({ id, party: identity.id, amount: '1000' })))
  const facts = { method: 'POST', path: '/v1/deposits', body, audience: identity.id }
  const headers = signRequest({ identity, clock: systemClock, random: systemRandom, ...facts })
  const response = await fetch(`${address}/v1/deposits`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  })
  return response.status
}

const json = async (url: string): Promise<Readonly<Record<string, unknown>>> =>
  (await (await fetch(url)).json()) as Readonly<Record<string, unknown>>

const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())

t.test(
  'the guide: three replicas on one PostgreSQL, with roles that may do no more than they need',
  { skip: reason ?? false },
  async (t) => {
    if (server === undefined) return
    const folder = mkdtempSync(path.join(tmpdir(), 'shardline-replicas-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const options = { cache: folder, env: { SHARDLINE_KEYS: path.join(folder, 'keys') } }
    const [roles = '', grants = ''] = await sqlOfGuide()
    const admin = await server.createDatabase()
    await execute(admin, roles)
    const urlOf = (user: string, password: string): string => {
      const url = new URL(admin)
      return `postgres://${user}:${password}@${url.host}/market`
    }
    const owner = urlOf('market_owner', 'choose-one')
    const reader = urlOf('market_reader', 'choose-a-third')

    {
      await using first = new RunningCommand(
        ['market', '--database', owner, '--port', '0', '--json'],
        options,
      )
      await started(first)
      first.signal('SIGINT')
      await first.ended
    }
    await execute(owner, grants)

    const args = [
      'market',
      '--database',
      urlOf('market', 'choose-another'),
      '--port',
      '0',
      '--json',
      '--model',
      'storyteller/q4=8',
    ]
    await using one = new RunningCommand(args, options)
    await using two = new RunningCommand(args, options)
    await using three = new RunningCommand(args, options)
    const replicas = await Promise.all([one, two, three].map(started))
    t.equal(new Set(replicas.map(({ id }) => id)).size, 1, 'all have the same id')
    for (const { address } of replicas) {
      t.match(await json(`${address}/v1/prices`), { models: [{ model: 'storyteller/q4' }] })
      t.same(await json(`${address}/readyz`), { ok: true })
    }

    for (const { address } of replicas) t.equal(await deposit(address, options.env.SHARDLINE_KEYS), 200)

    one.signal('SIGKILL')
    await one.ended
    const [, second, third] = replicas
    if (second === undefined || third === undefined) throw new Error('three replicas')
    t.same(await json(`${second.address}/readyz`), { ok: true }, 'the others go on')
    const { logKey } = await json(`${third.address}/v1/market`)
    const checkpoint = path.join(folder, 'checkpoint.txt')
    await writeFile(checkpoint, await (await fetch(`${third.address}/v1/checkpoint`)).text())
    const verified = await runCommand(
      [
        'ledger',
        'verify',
        '--database',
        reader,
        '--log-key',
        String(logKey),
        '--checkpoint',
        checkpoint,
        '--json',
      ],
      options,
    )
    t.match([verified.code, JSON.parse(verified.stdout)], [0, { is_intact: true }], verified.stderr)
    const exported = await runCommand(
      [
        'ledger',
        'export',
        '--database',
        reader,
        '--output',
        path.join(folder, 'ledger.jsonl'),
        '--resume',
        '--quiet',
      ],
      options,
    )
    t.equal(exported.code, 0, exported.stderr)
    await t.rejects(
      execute(urlOf('market', 'choose-another'), 'delete from ledger.transfers'),
      /permission denied/,
    )
    await t.rejects(execute(reader, "update market.models set model = 'x'"), /permission denied/)
  },
)
