import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportLedger, openDatabase } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import type { MarketRequest } from '@shardline/client'
import { systemClock } from '@shardline/core'
import { sql } from 'kysely'
import t from 'tap'
import type { Test } from 'tap'
import { answerAlone, CANARY_PROMPT, needlesOf, plainDump } from '../support/canary.ts'
import type { Canary } from '../support/canary.ts'
import { findNeedles, withDecoded } from '../support/canary-search.ts'
import type { Needle } from '../support/canary-search.ts'
import { dumpRows, readFiles } from '../support/database-dump.ts'
import { startRecordedMarket } from '../support/recorded-market.ts'
import type { RecordedMarket } from '../support/recorded-market.ts'
import { recordConnections } from '../support/recording-proxy.ts'
import type { RecordedConnection } from '../support/recording-proxy.ts'

// Ten processes and a database take their time on a busy machine.
t.setTimeout(600_000)

const SAMPLED = ['--max-tokens', '200', '--seed', '9', '--temperature', '1.2']
/** Words of the answer that are out when a worker is killed. */
const WORDS_BEFORE = /(?:\S+\s+){8}/
/** What a link carries at the least. */
const LINK_BYTES_MIN = 512
/** Links of the pipeline, by which all rows pass, or a good part of them. */
const WITH_ROWS = [
  'others and worker-1',
  'others and spare',
  'others and relay',
  'worker-2 and relay',
  'others and validator',
]
/** What a server says when it packs what it sends, so that no search finds it. */
const PACKED = /HTTP\/1\.1 \d{3} (?:(?!\r\n\r\n)[^])*?\r\n(?:content-encoding|sec-websocket-extensions):/i
/** Bytes of a row that PostgreSQL keeps as it is, and those that it shares with the next. */
const PIECE_BYTES = 1500
const SHARED_BYTES = 256

interface Ran {
  /** What the user's process wrote to standard output. */
  readonly output: string
  readonly request: MarketRequest
  /** What everyone can read of the processes, in mid-answer and behind it. */
  readonly shown: string
  /** What the market told its user while it ran. */
  readonly events: string
}

/** What everyone can read who asks processes how they do; of those that are gone, nothing. */
async function readShown({ shown, url }: RecordedMarket): Promise<string> {
  const pages = Object.values(shown).flatMap((address) => [`${address}/v1/status`, `${address}/metrics`])
  const texts = [...pages, `${url}/metrics`, `${url}/v1/prices`].map(async (page) => {
    const response = await fetch(page).catch(() => undefined)
    return response?.text()
  })
  return (await Promise.all(texts)).join('\n')
}

/** Watches all that the market tells its user; resolves with it when the signal ends it. */
async function watch({ watcher }: RecordedMarket, signal: AbortSignal): Promise<string> {
  const told: unknown[] = []
  try {
    for await (const event of watcher.events({ topics: ['requests', 'prices'], signal })) told.push(event)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return JSON.stringify(told, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

/** The user's only request, when the market has settled it. */
async function settledRequest({ watcher }: RecordedMarket): Promise<MarketRequest> {
  for (;;) {
    const [request] = await watcher.requests({ limit: 1 })
    if (request?.settlement?.isDone === true) return request
    await systemClock.sleep(100)
  }
}

/** Has the canary answered and paid for, kills the first worker in the middle, and ends all processes. */
async function askRecorded(cluster: RecordedMarket): Promise<Ran> {
  const over = new AbortController()
  const watching = watch(cluster, over.signal)
  const client = cluster.ask([...SAMPLED, CANARY_PROMPT])
  await client.untilWritten(WORDS_BEFORE)
  const [during] = await Promise.all([readShown(cluster), cluster.commands['worker-1']?.kill()])
  const output = await client.output
  const request = await settledRequest(cluster)
  const shown = during + (await readShown(cluster))
  over.abort()
  const events = await watching
  // Their goodbyes are recorded too, and the database is no longer open.
  await cluster.stop()
  return { output, request, shown, events }
}

/** What a connection carried: as it was, under the mask of its dialing side, and out of base64 and hex. */
function carried({ raw, unmasked }: RecordedConnection): Buffer {
  return withDecoded(Buffer.concat([raw, unmasked]))
}

/** What the recorder keeps of a body that is posted with no seal. */
async function recordPost(body: string): Promise<Buffer> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await using proxy = await recordConnections(`http://127.0.0.1:${port}`)
  await (await fetch(proxy.address, { method: 'POST', body })).text()
  server.closeAllConnections()
  server.close()
  return Buffer.concat(proxy.connections().map((connection) => carried(connection)))
}

/** Writes bytes into a table of their own, in pieces that overlap. */
async function writePlain({ kysely }: LedgerDatabase, plain: Buffer): Promise<void> {
  const count = Math.ceil(plain.length / (PIECE_BYTES - SHARED_BYTES))
  const pieces = Array.from({ length: count }, (_, index) => {
    const start = index * (PIECE_BYTES - SHARED_BYTES)
    return sql`(${plain.subarray(start, start + PIECE_BYTES)}::bytea)`
  })
  await sql`create table ledger.plain (piece bytea not null)`.execute(kysely)
  await sql`insert into ledger.plain (piece) values ${sql.join(pieces)}`.execute(kysely)
}

/** Every table and every file of the market's database in which a needle is, with those that are. */
interface Searched {
  readonly tables: Readonly<Record<string, readonly string[]>>
  readonly files: Readonly<Record<string, readonly string[]>>
  readonly fileBytes: number
}

async function searchDatabase(
  database: LedgerDatabase,
  { folder, needles }: { readonly folder: string; readonly needles: readonly Needle[] },
): Promise<Searched> {
  // Only what is on the disk can be read there.
  await sql`checkpoint`.execute(database.kysely)
  const rows = Object.entries(await dumpRows(database))
  const files = Object.entries(await readFiles(folder))
  return {
    tables: Object.fromEntries(
      rows.map(([name, text]) => [name, findNeedles(needles, withDecoded(Buffer.from(text)))]),
    ),
    files: Object.fromEntries(files.map(([name, bytes]) => [name, findNeedles(needles, bytes)])),
    fileBytes: files.reduce((sum, [, bytes]) => sum + bytes.length, 0),
  }
}

function foundIn(searched: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(searched).filter(([, found]) => found.length > 0))
}

async function checkProofOfSearch(t: Test, canary: Canary, needles: readonly Needle[]): Promise<void> {
  const plain = plainDump(canary)
  for (const form of ['base64', 'hex', 'latin1'] as const) {
    const body = form === 'latin1' ? plain.toString('latin1') : JSON.stringify({ text: plain.toString(form) })
    const posted = form === 'latin1' ? withDecoded(plain) : await recordPost(body)
    t.same(findNeedles(needles, posted).length, needles.length, `in ${form}, each of them is found`)
  }
}

async function checkDatabase(t: Test, folder: string, found: { canary: Canary; needles: readonly Needle[] }) {
  const { canary, needles } = found
  await using database = await openDatabase(folder)
  const { tables, files, fileBytes } = await searchDatabase(database, { folder, needles })
  t.ok('market.requests' in tables && 'ledger.transfers' in tables, Object.keys(tables).join(' '))
  t.ok(fileBytes > 2 ** 20, `${fileBytes} bytes of files`)
  t.same(foundIn(tables), {}, 'no table has any of it')
  t.same(foundIn(files), {}, 'no file has any of it')
  let exported = ''
  for await (const part of exportLedger(database)) exported += part
  t.match(exported, /"transfer"/)
  t.same(
    findNeedles(needles, withDecoded(Buffer.from(exported))),
    [],
    'the export of the ledger has none of it',
  )
  await writePlain(database, plainDump(canary))
  const proof = await searchDatabase(database, { folder, needles })
  t.equal(proof.tables['ledger.plain']?.length, needles.length, 'in a row, each of them is found')
  const inFiles = new Set(Object.values(proof.files).flat())
  const missing = needles.filter(({ name }) => !inFiles.has(name))
  t.same(missing, [], 'in a file, each of them is found')
}

t.test(
  'a prompt that is paid for, and its answer, are on no link, in no log and in no database, though a worker dies',
  async (t) => {
    await using cluster = await startRecordedMarket()
    const [canary, ran] = await Promise.all([answerAlone(CANARY_PROMPT, SAMPLED), askRecorded(cluster)])
    const { links, commands, parties } = cluster
    const needles = needlesOf(canary)

    await t.test('the answer was paid for, and the spare has the place of the lost worker', async (t) => {
      t.equal(ran.output, `${canary.answer}\n`, 'the links carried this answer')
      t.ok(canary.answerIds.length > 100, 'the worker died in its middle')
      t.match(ran.request, { state: 'COMPLETED', delivered: { output: canary.answerIds.length } })
      t.same(
        ran.request.participants?.workers.map(({ node }) => node),
        ['spare', 'worker-2'].map((name) => parties[name]?.id),
      )
    })

    await t.test('the search finds what is in clear', async (t) => {
      t.ok(needles.length > 5000, `${needles.length} needles`)
      await checkProofOfSearch(t, canary, needles)
    })

    await t.test('no link has any of it', async (t) => {
      for (const [name, proxy] of Object.entries(links)) {
        const connections = proxy.connections()
        const bytes = connections.reduce((sum, { raw }) => sum + raw.length, 0)
        t.ok(bytes > LINK_BYTES_MIN, `${name}: ${connections.length} connections, ${bytes} bytes`)
        if (WITH_ROWS.includes(name)) t.ok(bytes > canary.rows.byteLength / 4, `${name} carried rows`)
        for (const connection of connections) {
          t.notMatch(connection.raw.toString('latin1'), PACKED, name)
          t.same(findNeedles(needles, carried(connection)), [], name)
        }
      }
      t.same(
        WITH_ROWS.filter((name) => !(name in links)),
        [],
      )
    })

    await t.test('no log has any of it', async (t) => {
      for (const [name, { written }] of Object.entries(commands)) {
        t.match(written.errors, /"level":20/, `${name} logs at every level`)
        const log = name === 'client' ? written.errors : written.output + written.errors
        t.same(findNeedles(needles, withDecoded(Buffer.from(log))), [], `the log of ${name}`)
      }
    })

    await t.test('nothing that is shown has any of it', async (t) => {
      const { shown, events } = ran
      t.match(shown, /shardline_/)
      t.match(events, ran.request.id)
      for (const [name, text] of Object.entries({ shown, events })) {
        t.same(findNeedles(needles, withDecoded(Buffer.from(text))), [], `${name}: ${text.length} characters`)
      }
    })

    await t.test("the market's database has none of it", (t) =>
      checkDatabase(t, cluster.database, { canary, needles }),
    )
  },
)
