import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectMarket, connectWorkSource, textAsk } from '@shardline/client'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { MemoryNonces, createIdentity, identityFromSeed, rotateDriverKeys } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { databaseOf, openPglitePool, timeOrderedId, transferId } from '@shardline/ledger'
import { pgliteTemplate } from '@shardline/ledger/testing'
import { modelId, openMarket, serveMarket } from '@shardline/market'
import t from 'tap'
import { readConfig } from '../../src/config.ts'
import { openKeyStore } from '../../src/keys/open-key-store.ts'
import { runHere } from '../support/run-here.ts'
import type { RunHere } from '../support/run-here.ts'

const MODEL = 'storyteller/q4'
const world = { clock: systemClock, random: systemRandom }

const folder = await mkdtemp(path.join(tmpdir(), 'shardline-market-use-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const environment = { SHARDLINE_KEYS: path.join(folder, 'keys') }

const database = databaseOf(await openPglitePool({ folder: undefined, template: await pgliteTemplate() }))
const [owner, driver] = [await createIdentity(systemRandom), await createIdentity(systemRandom)]
const operator = await makeKey('operator')
const market = await openMarket(
  { database, ...world, log: silentLog },
  { operators: [owner.id, operator.id] },
)
const nonces = new MemoryNonces({ clock: systemClock })
const server = await serveMarket({ market, identity: owner, ...world, log: silentLog, nonces })
t.teardown(async () => {
  await server.close()
  await market.close()
  await database.close()
})

/** The key that commands use, as its owner has it. */
async function makeKey(name = 'default'): Promise<Identity> {
  const store = openKeyStore({ config: readConfig({ environment, home: folder }), ...world })
  await store.create({ name, passphrase: undefined })
  const { seed } = await store.open({ name, passphrase: undefined })
  return identityFromSeed(seed)
}

async function offerDriver(): Promise<void> {
  const work = connectWorkSource({ url: server.address, identity: driver, ...world })
  const [key] = await rotateDriverKeys({ identity: driver, ...world, keys: [] })
  if (key === undefined) throw new Error('a key')
  await work.register({ roles: ['driver'], region: 'de', sealingKey: key.entry })
  const capacity = { model: MODEL, tokensPerSecond: 20, numericClass: 'x', quantization: 'q4', workers: [] }
  await work.reportCapacity(capacity)
}

function shardline(...argv: readonly string[]): Promise<RunHere> {
  const asked = { ...environment, SHARDLINE_MARKET: `${server.address}#${server.id}` }
  return runHere(argv, asked, world)
}

t.test('drivers, balance and requests are shown to whom they concern', async (t) => {
  await market.setModel(owner.id, { model: modelId(MODEL), layerCount: 8, basePrice: 100_000_000n })
  await offerDriver()
  const identity = await makeKey()
  const id = transferId(timeOrderedId(systemClock, systemRandom))
  await market.deposit(owner.id, { id, party: identity.id, amount: 5_000_000n })
  const client = connectMarket({ url: server.address, identity, ...world })
  const asked = { model: MODEL, driver: driver.id, promptTokensMax: 10, outputTokensMax: 10 }
  const empty = await shardline('requests')
  t.equal(empty.stdout, 'you have no requests on this market\n', empty.stderr)
  const request = await client.open(asked)
  await client.submit({ request, content: textAsk('Tell me a story.') })

  const drivers = await shardline('drivers', MODEL, '--min-completed', '0', '--quantization', 'q4', '--json')
  t.match(JSON.parse(drivers.stdout), {
    drivers: [{ driver: driver.id, has_key: true, tokens_per_second: 20, region: 'de', latency_ms: null }],
  })
  const table = await shardline('drivers', MODEL, '--region', 'de', '--measure')
  t.match(table.stdout, new RegExp(`^driver +tokens/s +price .* connect\\n${driver.id} +20\\.0 .* -\\n$`))
  const none = await shardline('drivers', MODEL, '--region', 'fr')
  t.equal(none.stdout, 'nobody who matches serves storyteller/q4 now\n')
  const refused = await shardline('deposit', identity.id, '2.5', '--json')
  t.match(refused.stderr, /MARKET_FORBIDDEN/, 'only operators may give credits')
  t.match((await shardline('deposit', identity.id, '0')).stderr, /up to 6 decimals/)
  const id2 = timeOrderedId(systemClock, systemRandom)
  const give = ['deposit', identity.id, '1.5', '--key', 'operator', '--id', id2] as const
  const given = await shardline(...give)
  t.equal(given.stdout, `${identity.id} has 6.498000 credits free, and 0.002000 held\n`, given.stderr)
  t.equal((await shardline(...give)).stdout, given.stdout, 'sent again it gives nothing twice')
  const balance = await shardline('balance')
  t.equal(balance.stdout, 'free  6.498000 credits\nheld  0.002000 credits\n')
  const json = await shardline('balance', '--json')
  t.same(JSON.parse(json.stdout), { party: identity.id, available: '6498000', held: '2000' })
  const list = await shardline('requests', '--limit', '5')
  t.match(list.stdout, new RegExp(`\\n${request.id}  pending +storyteller/q4 .* 0\\.002000 +held\\n`))
  const listed = await shardline('requests', '--json', '--before', request.id)
  t.same(JSON.parse(listed.stdout), { requests: [] })
  const one = await shardline('requests', request.id)
  t.match(one.stdout, new RegExp(`^id +${request.id}\\nstate +PENDING\\n[^]*\\nheld +0\\.002000 credits\\n`))
  await client.cancel(request.id)
  await market.sweep()
  const ended = await shardline('requests', request.id)
  t.match(ended.stdout, /\nstate +CANCELLED \(cancelled-by-user\)\n[^]*\ngiven back +0\.001800 credits\n/)
  const whole = await shardline('requests', request.id, '--json')
  t.match(JSON.parse(whole.stdout), { state: 'CANCELLED', settlement: { is_done: true, refund: '1800' } })
})

t.test('says by code what went wrong', async (t) => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['balance', '--market', `${server.address}#${driver.id}`], 'CLIENT_MARKET_MISMATCH'],
    [['balance', '--key', 'nobody'], 'IDENTITY_KEY_UNKNOWN'],
    [['balance', '--market', `${server.address}#shard1`], 'CLI_OPTION_INVALID'],
    [['requests', 'x'], 'MARKET_INPUT_INVALID'],
    [['requests', '01890a5d-ac96-774b-bcce-b302099a8057'], 'MARKET_NOT_FOUND'],
    [['requests', '--limit', '201'], 'CLI_OPTION_INVALID'],
    [['drivers', 'nothing'], 'MARKET_NOT_FOUND'],
    [['drivers', MODEL, '--max-price', 'much'], 'MARKET_INPUT_INVALID'],
    [['drivers', MODEL, '--min-success', '2'], 'CLI_OPTION_INVALID'],
    [['drivers', MODEL, '--market', 'http://127.0.0.1:1'], 'CLIENT_MARKET_UNREACHABLE'],
  ]
  for (const [argv, code] of cases) {
    const { stderr } = await shardline(...argv)
    t.match(stderr, new RegExp(`code: ${code}\\n`), argv.join(' '))
  }
})
