import { verifyLedger } from '@shardline/ledger'
import { startPostgres } from '@shardline/ledger/testing'
import { sql } from 'kysely'
import t from 'tap'
import { marketTables } from '../src/database/transaction.ts'
import { Latencies } from './processes/latencies.ts'
import { must, newId, startTwo, submitted } from './processes/two-processes.ts'
import { writeResults } from './processes/write-results.ts'
import { isSoak } from './support/soak.ts'

const [REQUESTS, USERS] = isSoak ? [10_000, 200] : [500, 40]
/** Milliseconds that a driver waits when it finds no work. */
const IDLE_MS = 500
t.setTimeout(1_800_000)
const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())
const skip = reason ?? false

t.test(`${REQUESTS} requests of ${USERS} users at once through two processes`, { skip }, async (t) => {
  if (server === undefined) return
  await using two = await startTwo(await server.createDatabase(), USERS)
  const { crowd, clients, database } = two
  const latencies = new Latencies()
  const sent: string[] = []
  const claimed: string[] = []
  let next = 0
  const begin = performance.now()
  const user = async (): Promise<void> => {
    while (next < REQUESTS) sent.push(await submitted(two, next++, latencies))
  }
  /** Each driver runs in two processes, which claim from different markets. */
  const driver = async (nth: number, client: (typeof clients)[number]): Promise<void> => {
    const as = crowd.drivers[nth]
    if (as === undefined) throw new Error('there is no driver')
    for (let idle = 0; idle < 2;) {
      const isLast = sent.length === REQUESTS
      const { work } = await latencies.time('claim', () =>
        must(client, '/v1/claims', { as, body: { key: newId() } }),
      )
      if (work === undefined) {
        if (isLast) idle++
        else await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
      } else claimed.push((work as { readonly id: string }).id)
    }
  }
  await Promise.all([
    ...crowd.users.map(() => user()),
    ...crowd.drivers.flatMap((_driver, nth) => clients.map((client) => driver(nth, client))),
  ])
  const seconds = (performance.now() - begin) / 1_000
  t.equal(sent.length, REQUESTS)
  t.equal(new Set(claimed).size, claimed.length, 'none is claimed twice')
  t.same(claimed.toSorted(), sent.toSorted(), 'none is lost')
  const rows = await marketTables({ database })
    .selectFrom('market.requests')
    .select(({ fn }) => [
      'state',
      'fence',
      fn.countAll<bigint>().as('count'),
      fn.sum<string>('hold').as('hold'),
    ])
    .groupBy(['state', 'fence'])
    .execute()
  t.match(rows, [{ state: 'CLAIMED', fence: 1, count: BigInt(REQUESTS) }], 'each is claimed once')
  const { rows: balances } = await sql<{ readonly held: string }>`
    select sum(debits_pending)::text as held from ledger.balances`.execute(database.kysely)
  t.equal(balances[0]?.held, String(rows[0]?.hold), 'and held once')
  t.match(await verifyLedger(database), { isIntact: true })
  const found = {
    requests: REQUESTS,
    users: USERS,
    processes: 2,
    seconds: Math.round(seconds * 10) / 10,
    latencies: latencies.summary(),
  }
  t.comment(JSON.stringify(found))
  if (isSoak) t.comment(await writeResults(found))
})
