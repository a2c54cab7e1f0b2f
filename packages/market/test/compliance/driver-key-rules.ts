import { ManualClock, SeededRandom, silentLog } from '@shardline/core'
import {
  KeyLogAuditor,
  KeyLogWatch,
  createIdentity,
  keyLogOf,
  signKeyLogCheckpoint,
  verifyDriverKey,
} from '@shardline/identity'
import type { DriverKeyEntry, Identity, KeyLogCheckpoint } from '@shardline/identity'
import type { LedgerDatabase } from '@shardline/ledger'
import { modelId, openMarket } from '@shardline/market'
import type { Market } from '@shardline/market'
import { sql } from 'kysely'
import type { Test } from 'tap'
import { newKey, newKeys } from '../support/driver-keys.ts'
import type { OpenEmpty } from '../support/empty-databases.ts'

const NOW_MS = 1_800_000_000_000
const INTERVAL_MS = 60_000
const DAY_MS = 86_400_000
const REFUSED = 'MARKET_DRIVER_KEY_REFUSED'

/** What the log of driver keys promises, on any database. */
export async function driverKeyRules(t: Test, openEmpty: OpenEmpty): Promise<void> {
  await t.test('a driver puts its keys into the log, and its listing shows the newest', (t) =>
    inEmpty(openEmpty, (databases) => putsKeys(t, databases)),
  )
  await t.test('what was logged stays: the database itself refuses to change it', (t) =>
    inEmpty(openEmpty, (databases) => stays(t, databases)),
  )
  await t.test('a user checks a key under checkpoints that go on from each other', (t) =>
    inEmpty(openEmpty, (databases) => isChecked(t, databases)),
  )
  await t.test('replicas that append at once make one log', (t) =>
    inEmpty(openEmpty, (databases) => appendsAtOnce(t, databases)),
  )
}

type Databases = () => Promise<LedgerDatabase>

async function inEmpty(openEmpty: OpenEmpty, run: (databases: Databases) => Promise<void>): Promise<void> {
  await using databases = await openEmpty()
  await run(databases)
}

interface World extends AsyncDisposable {
  readonly market: Market
  readonly clock: ManualClock
}

async function openWorld(databases: Databases, clock: ManualClock = new ManualClock(NOW_MS)): Promise<World> {
  const database = await databases()
  const random = new SeededRandom(1)
  const market = await openMarket(
    { database, clock, random, log: silentLog },
    { operators: [operator.id], driverKeyIntervalMs: INTERVAL_MS, capacityMsMax: 100 * DAY_MS },
  )
  return { market, clock, [Symbol.asyncDispose]: () => market.close() }
}

/** Who may set models, and whose market it is. */
const operator = await createIdentity(new SeededRandom(99))

const someone = (seed: number): Promise<Identity> => createIdentity(new SeededRandom(seed))

function register(market: Market, who: Identity, sealingKey: DriverKeyEntry): Promise<void> {
  return market.registerNode(who.id, { roles: ['driver'], sealingKey })
}

async function putsKeys(t: Test, databases: Databases): Promise<void> {
  await using world = await openWorld(databases)
  const { market, clock } = world
  const [driver, rival] = [await someone(1), await someone(2)]
  const [first, second, third] = await newKeys(driver, { count: 3, clock })
  if (!first || !second || !third) throw new Error('three keys')
  await register(market, driver, second)
  t.equal((await market.driverKeyCheckpoint()).size, 1, 'it may have rotated before it joined')
  await register(market, driver, second)
  await market.registerNode(driver.id, { roles: ['driver'] })
  t.equal((await market.driverKeyCheckpoint()).size, 1, 'the same again is nothing')
  const refused = (because: string): { code: string; details: { because: string } } => ({
    code: REFUSED,
    details: { because },
  })
  clock.advance(INTERVAL_MS - 1)
  await t.rejects(register(market, driver, third), { ...refused('too soon'), retryable: true })
  clock.advance(1)
  await register(market, driver, third)
  t.same((await market.driverKey(driver.id)).proof.entry, third)
  await t.rejects(register(market, driver, second), refused('older than its last one'), 'no way back')
  const [, , other] = await newKeys(driver, { count: 3, clock })
  if (other === undefined) throw new Error('another third key')
  await t.rejects(register(market, driver, other), refused('another one of that number'))
  const [stale] = await newKeys(rival, { count: 1, clock: { now: () => clock.now() - 7 * DAY_MS - 1 } })
  const [early] = await newKeys(rival, { count: 1, clock: { now: () => clock.now() + 60_001 } })
  if (!stale || !early) throw new Error('two keys')
  await t.rejects(register(market, rival, stale), refused('not valid now'))
  await t.rejects(register(market, rival, early), refused('not valid now'))
  const invalid = { code: 'MARKET_INPUT_INVALID' }
  await t.rejects(register(market, rival, third), invalid, "another driver's key")
  await t.rejects(
    register(market, rival, { ...third, driverId: rival.id }),
    invalid,
    'nor under its own name',
  )
  const own = await newKey(rival, clock)
  await t.rejects(register(market, rival, { ...own, validUntilMs: own.validUntilMs + 1 }), invalid)
  await t.rejects(market.registerNode(rival.id, { roles: ['worker'], sealingKey: own }), invalid)
  await t.rejects(market.driverKey(rival.id), { code: 'MARKET_NOT_FOUND' })
  t.equal((await market.driverKeyCheckpoint()).size, 2, 'and nothing of these was logged')
  await isListed(t, { market, driver, sealingKey: third })
}

async function isListed(
  t: Test,
  init: { readonly market: Market; readonly driver: Identity; readonly sealingKey: DriverKeyEntry },
): Promise<void> {
  const { market, driver, sealingKey } = init
  const model = modelId('test/model')
  await market.setModel(operator.id, { model, layerCount: 8 })
  const capacity = { model, tokensPerSecond: 9, numericClass: 'x', quantization: 'q4', workers: [] }
  t.same((await market.reportCapacity(driver.id, capacity)).sealingKey, sealingKey)
  t.same(
    (await market.drivers(model)).map((listing) => listing.sealingKey),
    [sealingKey],
  )
}

async function stays(t: Test, databases: Databases): Promise<void> {
  const database = await databases()
  await using world = await openWorld(() => Promise.resolve(database))
  const driver = await someone(1)
  await register(world.market, driver, await newKey(driver, world.clock))
  const changes = [
    'update market.driver_keys set sequence = 9',
    'delete from market.driver_keys',
    'truncate market.driver_keys',
  ]
  for (const change of changes) {
    await t.rejects(sql.raw(change).execute(database.kysely), { code: '23001' }, change)
  }
  t.equal((await world.market.driverKeyEntries()).length, 1)
}

async function isChecked(t: Test, databases: Databases): Promise<void> {
  await using world = await openWorld(databases)
  const { market, clock } = world
  const log = keyLogOf(operator.id)
  const sign = (checkpoint: KeyLogCheckpoint): string =>
    signKeyLogCheckpoint(operator, log.origin, checkpoint)
  const watch = new KeyLogWatch({ log, clock })
  const drivers = await Promise.all([1, 2, 3, 4, 5].map(someone))
  for (const driver of drivers) {
    const { size } = await market.driverKeyCheckpoint()
    const key = await newKey(driver, clock)
    await register(market, driver, key)
    const { proof, checkpoint } = await market.driverKey(driver.id)
    const { hashes } = await market.driverKeyConsistency(size, checkpoint.size)
    const accepted = await watch.accept(sign(checkpoint), hashes)
    t.ok(await verifyDriverKey({ driverId: driver.id, proof, checkpoint: accepted, clock }))
    t.equal(accepted.drivers, size + 1)
  }
  const entries = [
    ...(await market.driverKeyEntries({ limit: 2 })),
    ...(await market.driverKeyEntries({ from: 2 })),
  ]
  const auditor = new KeyLogAuditor()
  await auditor.follow(entries, await market.driverKeyCheckpoint())
  t.equal(auditor.size, drivers.length)
  t.match(await market.driverKeyConsistency(2, 4), { fromSize: 2, toSize: 4 })
  const range = { code: 'LEDGER_PROOF_RANGE' }
  await t.rejects(market.driverKeyConsistency(0, 6), range)
  await t.rejects(market.driverKeyConsistency(6), range)
  await t.rejects(market.driverKeyConsistency(3, 2), range)
  const invalid = { code: 'MARKET_INPUT_INVALID' }
  await t.rejects(market.driverKeyEntries({ limit: 201 }), invalid)
  await t.rejects(market.driverKeyEntries({ from: -1 }), invalid)
}

async function appendsAtOnce(t: Test, databases: Databases): Promise<void> {
  await using one = await openWorld(databases)
  await using other = await openWorld(databases)
  const drivers = await Promise.all(Array.from({ length: 24 }, (_, number) => someone(number)))
  const shown: KeyLogCheckpoint[] = []
  const attempts = drivers.map(async (driver, number) => {
    const { market, clock } = number % 2 === 0 ? one : other
    await register(market, driver, await newKey(driver, clock))
    const { proof, checkpoint } = await market.driverKey(driver.id)
    t.equal(proof.entry.driverId, driver.id, 'what was registered is there for who asks')
    shown.push(checkpoint)
  })
  await Promise.all(attempts)
  const entries = await one.market.driverKeyEntries()
  t.same(entries, await other.market.driverKeyEntries())
  t.equal(new Set(entries.map(({ driverId }) => driverId)).size, drivers.length)
  const last = await one.market.driverKeyCheckpoint()
  t.same(last, await other.market.driverKeyCheckpoint())
  for (const checkpoint of shown) {
    await t.resolves(new KeyLogAuditor().follow(entries.slice(0, checkpoint.size), checkpoint))
  }
}
