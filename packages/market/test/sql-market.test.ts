import { ManualClock, SeededRandom, silentLog } from '@shardline/core'
import { partyIdOf } from '@shardline/identity'
import type { Ledger } from '@shardline/ledger'
import { databaseOf } from '@shardline/ledger'
import { DEFAULT_SETTINGS } from '@shardline/market'
import t from 'tap'
import { DatabaseEvents } from '../src/events/database-events.ts'
import { SqlMarket } from '../src/sql-market.ts'

/** A database that answers every statement with one failure. */
function failing(failure: Error): SqlMarket {
  const database = databaseOf({
    lost: new AbortController().signal,
    connect: () => Promise.resolve({ query: () => Promise.reject(failure), release: () => undefined }),
    listen: () => Promise.resolve({ stop: () => Promise.resolve() }),
    end: () => Promise.resolve(),
  })
  const clock = new ManualClock(1_700_000_000_000)
  const ledger = { close: () => Promise.resolve() } as Ledger
  const context = {
    database,
    ledger,
    clock,
    random: new SeededRandom(1),
    log: silentLog,
    settings: DEFAULT_SETTINGS,
  }
  return new SqlMarket(context, new DatabaseEvents({ database, clock, log: silentLog }))
}

const WHO = partyIdOf(
  new Uint8Array(Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex')),
)

t.test('what a database throws comes out as a failure with a code, reads and writes alike', async (t) => {
  const cases = {
    LEDGER_DATABASE_UNAVAILABLE: Object.assign(new Error('terminating connection'), { code: '57P01' }),
    LEDGER_DATABASE_REFUSED: Object.assign(new Error('no such table'), { code: '42P01' }),
  }
  for (const [code, failure] of Object.entries(cases)) {
    await using market = failing(failure)
    await t.rejects(market.ping(), { code })
    await t.rejects(market.prices(), { code })
    await t.rejects(market.requests(WHO), { code })
    await t.rejects(market.stats(), { code })
    await t.rejects(market.withdrawNode(WHO), { code })
  }
})
