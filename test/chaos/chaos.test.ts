import { systemRandom } from '@shardline/core'
import { startPostgres } from '@shardline/ledger/testing'
import t from 'tap'
import { drawFaults } from '../support/chaos/fault.ts'
import { runChaos } from '../support/chaos/run-chaos.ts'

const isSoak = process.env['SHARDLINE_SOAK'] === '1'
const seed = Number(process.env['SEED'] ?? systemRandom.integer(2 ** 32))
const FAULTS = isSoak ? 400 : 40
const STREAMS = 8

t.setTimeout(isSoak ? 3_600_000 : 600_000)

t.test('answers live through faults with the same text, or end by name and are not billed', async (t) => {
  // Odd seeds have a database server, even ones an embedded database.
  const attempt = seed % 2 === 1 ? await startPostgres() : undefined
  await using postgres = attempt?.server
  if (attempt !== undefined) t.comment(attempt.reason ?? 'the market has a PostgreSQL server')
  const faults = drawFaults({
    seed,
    count: FAULTS,
    targets: ['worker', 'validator', 'driver', 'market', 'relay'],
    moments: ['prefill', 'decode', 'settlement'],
    hasDatabaseServer: postgres !== undefined,
  })
  await runChaos(t, { seed, faults, streams: STREAMS, postgres })
})
