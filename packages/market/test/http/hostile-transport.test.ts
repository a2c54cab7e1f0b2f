import { describeMarketApi } from '@shardline/market'
import type { RequestId } from '@shardline/market'
import t from 'tap'
import { routesOf } from '../docs/open-api.ts'
import { serveDouble } from '../support/double-server.ts'
import { MODEL } from '../support/market-double.ts'
import { attack } from './hostile/attack.ts'
import { samplesFor } from './hostile/samples.ts'
import { newKey } from '../support/driver-keys.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
t.comment(`SEED=${seed}`)

const BODY_BYTES_MAX = 65_536
/** Attacks come fast; what is tested here is not the rate. */
const FAST = 1_000_000
const NEVER_MS = 1_000_000_000

const idOf = (last: number): RequestId => `11111111-2222-4333-8444-55555555555${last}` as RequestId

t.test('no wrong request of any operation reaches the market', async (t) => {
  await using double = await serveDouble({
    bodyBytesMax: BODY_BYTES_MAX,
    addressRequestsPerSecondMax: FAST,
    partyRequestsPerSecondMax: FAST,
    sweepIntervalMs: NEVER_MS,
  })
  const { market, client, alice, bob } = double
  const samples = samplesFor({
    model: MODEL,
    user: alice,
    driver: bob,
    request: idOf(1),
    ended: idOf(2),
    unusedId: idOf(3),
    sealingKey: await newKey(alice),
  })
  let tried = 0
  for (const route of routesOf(await describeMarketApi())) {
    const { operationId } = route.operation
    const sample = samples[operationId]
    if (sample === undefined) {
      t.fail(`${operationId} has no sample: add one to hostile/samples.ts`)
      continue
    }
    const before = market.calls.length
    const report = await attack({
      client,
      route,
      sample,
      as: alice,
      victim: bob,
      seed,
      bodyBytesMax: BODY_BYTES_MAX,
    })
    tried += report.tried
    t.same(report.wrong, [], `${operationId} refuses ${report.tried} wrong requests by code`)
    t.same(market.calls.slice(before), [], `${operationId} is not carried out`)
  }
  t.ok(tried > 2_000, `${tried} wrong requests`)
})
