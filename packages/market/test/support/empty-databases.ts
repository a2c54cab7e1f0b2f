import { databaseOf, openDatabase, openPglitePool } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import { pgliteTemplate, startPostgres } from '@shardline/ledger/testing'
import type { Test } from 'tap'
import type { OpenAgain } from './played-market.ts'

/** Opens connections to one empty database, and closes them all at the end. */
export type OpenEmpty = () => Promise<OpenAgain & AsyncDisposable>

/** Embedded databases: one connection each, however often it's opened. */
export async function emptyPglite(): Promise<OpenAgain & AsyncDisposable> {
  const database = databaseOf(await openPglitePool({ folder: undefined, template: await pgliteTemplate() }))
  return opening(() => Promise.resolve(database))
}

/** Runs tests on a server that ends with them, or says why there's none. */
export async function onPostgres(t: Test, run: (openEmpty: OpenEmpty) => Promise<void>): Promise<void> {
  const { server, reason } = await startPostgres()
  if (server === undefined) {
    t.plan(0, reason)
    return
  }
  t.teardown(() => server[Symbol.asyncDispose]())
  await run(async () => {
    const url = await server.createDatabase()
    return opening(() => openDatabase(url))
  })
}

function opening(open: () => Promise<LedgerDatabase>): OpenAgain & AsyncDisposable {
  const opened = new Set<LedgerDatabase>()
  const openAgain = async (): Promise<LedgerDatabase> => {
    const database = await open()
    opened.add(database)
    return database
  }
  return Object.assign(openAgain, {
    [Symbol.asyncDispose]: async () => {
      for (const database of opened) await database.close()
    },
  })
}
