import { startPostgres } from '@shardline/ledger/testing'
import t from 'tap'
import { LAYERS } from './processes/crowd.ts'
import { Latencies } from './processes/latencies.ts'
import { startTwo, submitted } from './processes/two-processes.ts'

const CLAIMS = 1_000
t.setTimeout(1_800_000)
const { server, reason } = await startPostgres()
t.teardown(() => server?.[Symbol.asyncDispose]())
const skip = reason ?? false

t.test('of a thousand claims of one request through two processes exactly one wins', { skip }, async (t) => {
  if (server === undefined) return
  await using two = await startTwo(await server.createDatabase(), 1)
  const { crowd, clients } = two
  const id = await submitted(two, 0, new Latencies())
  const [driver] = crowd.drivers
  if (driver === undefined) throw new Error('there is no driver')
  const claims = await Promise.all(
    Array.from({ length: CLAIMS }, (_none, nth) =>
      clients[nth % 2 === 0 ? 0 : 1].ask('POST', `/v1/requests/${id}/claim`, { as: driver, body: {} }),
    ),
  )
  const won = claims.filter(({ status }) => status === 200)
  t.match(
    won.map(({ body }) => body),
    [{ work: { id, fence: 1 } }],
    'one has the work',
  )
  t.equal(won.length, 1)
  const refusals = claims
    .filter(({ status }) => status !== 200)
    .map(({ status, error }) => `${status} ${error?.code}`)
  t.same([...new Set(refusals)], ['409 MARKET_REQUEST_STATE'], 'all others are told that it is taken')

  const write = (nth: 0 | 1, what: string, body: Readonly<Record<string, unknown>>) =>
    clients[nth].ask('POST', `/v1/requests/${id}/${what}`, { as: driver, body })
  t.equal((await write(0, 'release', { fence: 1 })).status, 200)
  t.match((await write(1, 'claim', {})).body, { work: { id, fence: 2 } })
  const participants = { validator: driver.id, workers: [], layerCount: LAYERS }
  const delivered = { prompt: 1, output: 1 }
  for (const fence of [0, 1, 3]) {
    for (const [what, body] of Object.entries({
      start: { fence, participants },
      progress: { fence, delivered },
      release: { fence },
      deliver: { fence, delivered, receipts: [] },
    })) {
      const answers = [await write(0, what, body), await write(1, what, body)]
      t.same(
        answers.map(({ status, error }) => `${status} ${error?.code}`),
        ['409 MARKET_FENCE_STALE', '409 MARKET_FENCE_STALE'],
        `${what} under fence ${fence} is refused by both`,
      )
    }
  }
  t.equal((await write(1, 'start', { fence: 2, participants })).status, 200, 'the current fence is not')
})
