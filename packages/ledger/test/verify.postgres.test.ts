import { systemClock } from '@shardline/core'
import t from 'tap'
import { exportLedger, openDatabase, openLedger, verifyExport, verifyLedger } from '@shardline/ledger'
import { startPostgres } from './support/postgres-server.ts'
import { Ids, makeAccounts, moveOf } from './support/test-ledger.ts'

const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())

t.test('a ledger is verified and exported while others write to it', { skip: reason ?? false }, async (t) => {
  if (server === undefined) return
  await using database = await openDatabase(await server.createDatabase())
  await using ledger = await openLedger({ database, clock: systemClock })
  const ids = new Ids(31)
  const accounts = await makeAccounts(ledger, ids, [{}, {}])
  let isDone = false
  let written = 2
  const write = async (): Promise<void> => {
    while (!isDone) {
      await ledger.createTransfers(Array.from({ length: 50 }, () => moveOf(ids, accounts)))
      written += 50
    }
  }
  const writing = write()
  const sizes: bigint[] = []
  for (let round = 0; round < 10; round++) {
    const before = written
    const { fault, entries } = await verifyLedger(database)
    t.equal(fault, undefined)
    t.ok(entries >= before, `${entries} entries, ${before} were written before`)
    sizes.push(entries)
    const report = await verifyExport(bytesOf(exportLedger(database)))
    t.equal(report.fault, undefined)
    t.ok(report.entries >= entries)
  }
  isDone = true
  await writing
  t.ok((sizes.at(-1) ?? 0n) > (sizes[0] ?? 0n), 'the ledger grew meanwhile')
})

async function* bytesOf(parts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) yield Buffer.from(part)
}
