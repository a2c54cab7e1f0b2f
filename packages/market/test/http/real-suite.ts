import { isConsistent, silentLog, systemClock, systemRandom } from '@shardline/core'
import { publicKeyOf, RECEIPT_PURPOSE, signMessage } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { openCheckpoint } from '@shardline/ledger'
import { SqlNonceMemory, describeMarketApi, openMarket, serveMarket } from '@shardline/market'
import type { ModelId, RequestId } from '@shardline/market'
import t from 'tap'
import { SignedClient } from '../support/signed-client.ts'
import type { OpenEmpty } from '../support/empty-databases.ts'
import { EventClient } from '../support/event-client.ts'
import { accessOf, routesOf } from '../docs/open-api.ts'
import { newKey } from '../support/driver-keys.ts'
import { digestOf, newId, serveReal } from '../support/real-server.ts'
import { attack } from './hostile/attack.ts'
import { pathOf } from './hostile/hostile-requests.ts'
import { samplesFor } from './hostile/samples.ts'

/** Statuses with which somebody is told that this isn't theirs, or isn't there. */
const REFUSALS = [400, 402, 403, 404, 409, 422]
/** What anybody may do for themselves. */
const OWN_AFFAIRS = [
  'registerNode',
  'getBalance',
  'listRequests',
  'listClaims',
  'claimNext',
  'quote',
  'subscribe',
]
const BODY_BYTES_MAX = 65_536

/** The HTTP service on a real market: bad input, wrong parties, unknown ids, replays across replicas, a whole life. */
export function runHttpSuite(name: string, openEmpty: OpenEmpty): void {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

  t.test(`${name}: no wrong request of any operation changes a table`, async (t) => {
    t.comment(`SEED=${seed}`)
    await using databases = await openEmpty()
    const database = await databases()
    await using real = await serveReal(database, { bodyBytesMax: BODY_BYTES_MAX })
    const { client, user, driver, stranger, model } = real
    const [request, ended] = [await real.submitted(), await real.submitted()]
    await real.must('POST', `/v1/requests/${ended}/cancel`, { as: user })
    const unusedId = newId()
    const sealingKey = await newKey(user)
    const samples = samplesFor({ model, user, driver, request, ended, unusedId, sealingKey })
    const before = await digestOf(database)
    t.ok(Object.keys(before).length > 12, `${Object.keys(before).length} tables`)
    const [routes, wrong] = [routesOf(await describeMarketApi()), [] as string[]]
    let tried = 0
    for (const route of routes) {
      const { operationId } = route.operation
      const sample = samples[operationId]
      if (sample === undefined) {
        t.fail(`${operationId} has no sample: add one to hostile/samples.ts`)
        continue
      }
      const report = await attack({
        client,
        route,
        sample,
        as: user,
        victim: driver,
        seed,
        bodyBytesMax: BODY_BYTES_MAX,
      })
      tried += report.tried
      wrong.push(...report.wrong)
      if (accessOf(route) !== 'signed' || OWN_AFFAIRS.includes(operationId)) continue
      const variants = [
        { why: 'by a stranger', sample },
        ...(sample.params === undefined
          ? []
          : [{ why: 'of what is not there', sample: { ...sample, params: { id: unusedId } } }]),
        ...(sample.body?.['model'] === undefined
          ? []
          : [
              {
                why: 'for an unknown model',
                sample: { ...sample, body: { ...sample.body, model: 'unknown' } },
              },
            ]),
      ]
      for (const { why, sample: variant } of variants) {
        tried++
        const answer = await client.ask(route.method, pathOf(route, variant), {
          as: stranger,
          ...(variant.body === undefined ? {} : { body: variant.body }),
        })
        const isDone =
          operationId === 'openRequest' ? 'by a stranger' === why : operationId.startsWith('withdraw')
        if (!REFUSALS.includes(answer.status) && !isDone) {
          wrong.push(`${operationId} ${why}: ${answer.status} ${answer.text}`)
        }
      }
    }
    t.same(wrong, [])
    t.ok(tried > 2_500, `${tried} wrong requests`)
    const after = await digestOf(database)
    const changed = Object.keys(before).filter((table) => before[table] !== after[table])
    t.same(changed, [], 'and no table has changed')
    await real.must('POST', `/v1/requests/${request}/claim`, { as: driver, body: {} })
    const later = await digestOf(database)
    t.not(later['market.requests'], after['market.requests'], 'but for a right one')
  })

  t.test(
    `${name}: a request lives its whole life over HTTP, and the money goes where it belongs`,
    async (t) => {
      await using databases = await openEmpty()
      await using real = await serveReal(await databases())
      const { client, server, user, driver, model, must } = real
      const path = '/v1/events?topics=requests'
      await using events = new EventClient(server.address, path, client.sign('GET', path, { as: user }))
      await events.until(1)
      const id = await real.submitted()
      const { work } = await must('POST', '/v1/claims', { as: driver, body: { models: [model] } })
      t.match(work, { id, fence: 1, user: user.id, sealedPrompt: 'AAAA' })
      t.same(await must('POST', '/v1/claims', { as: driver, body: {} }), {}, 'and there is no other')
      const participants = {
        validator: driver.id,
        workers: [{ node: driver.id, first: 0, last: 7 }],
        layerCount: 8,
      }
      await must('POST', `/v1/requests/${id}/start`, { as: driver, body: { fence: 1, participants } })
      const delivered = { prompt: 10, output: 4 }
      await must('POST', `/v1/requests/${id}/progress`, { as: driver, body: { fence: 1, delivered } })
      const receipts = receiptsOf({ id, model, driver, delivered })
      await must('POST', `/v1/requests/${id}/deliver`, {
        as: driver,
        body: { fence: 1, delivered, receipts },
      })
      await must('POST', `/v1/requests/${id}/acknowledge`, { as: user, body: { received: delivered } })
      await real.market.sweep()
      const ended = await must('GET', `/v1/requests/${id}`, { as: user })
      t.match(ended, { state: 'COMPLETED', endReason: 'settled', settlement: { isDone: true } })
      const { billed, fee, refund, payouts } = ended['settlement'] as Record<string, string> & {
        readonly payouts: readonly { readonly node: string; readonly amount: string }[]
      }
      const paid = payouts.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
      t.ok(paid > 0n && BigInt(billed ?? 0) === paid + BigInt(fee ?? 0))
      t.equal(paid + BigInt(fee ?? 0) + BigInt(refund ?? 0), BigInt(String(ended['hold'])))
      t.match(await must('GET', '/v1/balance', { as: driver }), { available: String(paid), held: '0' })
      t.match(await must('GET', '/v1/requests', { as: user }), { requests: [{ id }] })
      while (!events.messages.some((message) => message['isSettled'] === true))
        await events.until(events.messages.length + 1)
      const states = events.messages.flatMap(({ state }) => (typeof state === 'string' ? [state] : []))
      t.match([states.includes('PENDING'), states.at(-1)], [true, 'COMPLETED'], 'and the user heard of it')
    },
  )

  t.test(`${name}: anyone can check the ledger's log`, async (t) => {
    await using databases = await openEmpty()
    await using real = await serveReal(await databases())
    const { client, must } = real
    const note = await client.ask('GET', '/v1/checkpoint')
    t.match(note.headers.get('content-type'), /^text\/plain/)
    const checkpoint = openCheckpoint(note.text, {
      name: 'test.market',
      publicKey: publicKeyOf(real.server.id),
    })
    t.ok(checkpoint.size > 3n)
    const size = String(checkpoint.size)
    const proof = await must('GET', `/v1/proofs/inclusion?index=0&size=${size}`)
    t.match(proof, { index: '0', size })
    await real.submitted()
    const later = openCheckpoint((await client.ask('GET', '/v1/checkpoint')).text, {
      name: 'test.market',
      publicKey: publicKeyOf(real.server.id),
    })
    const { fromSize, toSize, hashes } = await must(
      'GET',
      `/v1/proofs/consistency?from=${size}&to=${later.size}`,
    )
    const grown = {
      fromSize: BigInt(String(fromSize)),
      toSize: BigInt(String(toSize)),
      hashes: (hashes as readonly string[]).map((hash) => new Uint8Array(Buffer.from(hash, 'hex'))),
    }
    t.ok(isConsistent(grown, checkpoint.root, later.root))
    t.notOk(isConsistent(grown, later.root, checkpoint.root))
    for (const query of [
      'inclusion?index=999999',
      'consistency?from=9&to=2',
      'inclusion?index=0&size=999999',
    ]) {
      t.equal((await client.ask('GET', `/v1/proofs/${query}`)).status, 404, query)
    }
    const huge = await client.ask('GET', '/v1/proofs/inclusion?index=9999999999999999999')
    t.match([huge.status, huge.error?.code], [400, 'MARKET_INPUT_INVALID'])
  })

  t.test(`${name}: what one replica has seen, no other takes again, and events reach both`, async (t) => {
    await using databases = await openEmpty()
    const database = await databases()
    await using real = await serveReal(database)
    const other = await databases()
    const components = { clock: systemClock, random: systemRandom, log: silentLog }
    await using market = await openMarket({ database: other, ...components })
    const nonces = new SqlNonceMemory({ database: other, clock: systemClock })
    await using replica = await serveMarket(
      { ...components, market, identity: real.identity, nonces },
      { sweepIntervalMs: 1_000_000_000 },
    )
    const headers = real.client.sign('GET', '/v1/balance', { as: real.user })
    const second = new SignedClient(replica.address, real.server.id)
    t.equal((await real.client.ask('GET', '/v1/balance', { headers })).status, 200)
    const again = await second.ask('GET', '/v1/balance', { headers })
    t.match([again.status, again.error?.code], [401, 'IDENTITY_NONCE_REUSED'])
    await using events = new EventClient(replica.address, '/v1/events?topics=prices')
    await events.until(1)
    await real.submitted()
    await events.until(2)
    t.match(events.messages[1], { type: 'price', model: real.model })
  })
}

interface ReceiptsInit {
  readonly id: RequestId
  readonly model: ModelId
  readonly driver: Identity
  readonly delivered: { readonly prompt: number; readonly output: number }
}

/** Receipts of a pipeline in which one node does everything. */
function receiptsOf({ id, model, driver, delivered }: ReceiptsInit): readonly unknown[] {
  const common = {
    request: id,
    fence: 1,
    node: driver.id,
    model,
    numericClass: 'x86-avx2',
    promptTokens: delivered.prompt,
    outputTokens: delivered.output,
    root: 'ab'.repeat(32),
  }
  const bodies = [
    { ...common, role: 'driver', layers: null },
    { ...common, role: 'worker', layers: { first: 0, last: 7 } },
    { ...common, role: 'validator', layers: null },
  ]
  return bodies.map((body) =>
    signMessage({
      identity: driver,
      clock: systemClock,
      random: systemRandom,
      purpose: RECEIPT_PURPOSE,
      body,
    }),
  )
}
