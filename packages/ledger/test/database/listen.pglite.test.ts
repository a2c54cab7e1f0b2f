import { databaseOf, openPglitePool } from '@shardline/ledger'
import t from 'tap'
import { listenRules } from '../compliance/listen-rules.ts'
import { pgliteTemplate } from '../support/pglite-template.ts'

t.test('listening on PGlite', async (t) => {
  const pool = await openPglitePool({ folder: undefined, template: await pgliteTemplate() })
  await using database = databaseOf(pool)
  await listenRules(t, database)

  await t.test('stopping after the database was closed is nothing', async (t) => {
    const handlers = { onPayload: () => undefined, onLost: () => t.fail('nothing is lost') }
    const listening = await database.listen({ channel: 'shardline_test', ...handlers })
    await database.close()
    await t.resolves(listening.stop())
  })
})
