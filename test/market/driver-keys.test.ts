import type { VerifiedDriverKey } from '@shardline/client'
import { systemClock, systemRandom } from '@shardline/core'
import {
  DriverKeyLog,
  KeyLogAuditor,
  createIdentity,
  driverKeyProofToJson,
  keyLogOf,
  openKeyLogCheckpoint,
  rotateDriverKeys,
  signKeyLogCheckpoint,
} from '@shardline/identity'
import type { DriverKeyEntry, DriverKeyProofJson, Identity } from '@shardline/identity'
import t from 'tap'
import { lyingFetch } from '../support/lying-fetch.ts'
import { ServedMarket } from '../support/served-market.ts'
import type { TestDriver } from '../support/served-market.ts'

const served = await ServedMarket.open()
t.teardown(() => served[Symbol.asyncDispose]())
let parties = 0
/** A seed for somebody new. */
const next = (): number => (parties += 1)

interface KeyAnswer {
  readonly proof: DriverKeyProofJson
  readonly checkpoint: string
}

const isKey = (path: string): boolean => path.startsWith('/v1/driver-keys/shard1')
const newestOf = ({ keys }: TestDriver): DriverKeyEntry => {
  const entry = keys.at(-1)?.entry
  if (entry === undefined) throw new Error('a key')
  return entry
}

/** A key of `identity` that nobody has put into a log. */
async function anotherKey(identity: Identity): Promise<DriverKeyEntry> {
  const [key] = await rotateDriverKeys({ identity, clock: systemClock, random: systemRandom, keys: [] })
  if (key === undefined) throw new Error('a key')
  return key.entry
}

t.test('a user gets the key that the driver put there, also after it rotated', async (t) => {
  const driver = await served.driver(next())
  await served.driver(next())
  const client = served.connect()
  const { id } = driver.identity
  t.same((await client.driverKey(id)).entry, newestOf(driver))
  for (let turn = 0; turn < 5; turn++) {
    await served.rotate(driver)
    const keys = await Promise.all([client.driverKey(id), client.driverKey(id)])
    t.same(
      keys.map((key: VerifiedDriverKey) => key.entry),
      [newestOf(driver), newestOf(driver)],
    )
  }
  const { id: stranger } = await createIdentity(systemRandom)
  await t.rejects(client.driverKey(stranger), {
    code: 'CLIENT_MARKET_REFUSED',
    remoteCode: 'MARKET_NOT_FOUND',
  })
})

t.test('a market that serves another key than the logged one is found out', async (t) => {
  const [driver, other] = [await served.driver(next()), await served.driver(next())]
  const { id } = driver.identity
  const swapped = (entry: DriverKeyEntry): Promise<unknown> =>
    served
      .connect({
        fetch: lyingFetch((path, answer) => {
          if (!isKey(path)) return undefined
          const { proof, checkpoint } = answer as KeyAnswer
          return { proof: { ...proof, entry }, checkpoint }
        }),
      })
      .driverKey(id)
  const forged = { code: 'IDENTITY_DRIVER_KEY_FORGED' }
  const { encryptionKey } = newestOf(other)
  await t.rejects(swapped({ ...newestOf(driver), encryptionKey }), forged, "the market's own under its name")
  const notCurrent = { code: 'IDENTITY_DRIVER_KEY_NOT_CURRENT' }
  await t.rejects(swapped(newestOf(other)), notCurrent, "another driver's")
  await t.rejects(swapped(await anotherKey(driver.identity)), notCurrent, 'one that was never logged')
  const before = newestOf(driver)
  await served.rotate(driver)
  await t.rejects(swapped(before), notCurrent, 'one that was replaced')
})

t.test('an old key that is served again, log and all, is found by who has seen the newer', async (t) => {
  const driver = await served.driver(next())
  const { id } = driver.identity
  let old: unknown
  let isBack = false
  const fetch = lyingFetch((path, answer) => {
    if (!isKey(path)) return undefined
    old ??= answer
    return isBack ? old : undefined
  })
  const client = served.connect({ fetch })
  await client.driverKey(id)
  await served.rotate(driver)
  t.same((await client.driverKey(id)).entry, newestOf(driver))
  isBack = true
  const forked = { code: 'IDENTITY_KEY_LOG_FORKED' }
  await t.rejects(client.driverKey(id), forked)
  const { keyLogSeen } = client
  const later = served.connect({ fetch, keyLogSeen })
  await t.rejects(later.driverKey(id), forked, 'also by a later program that kept what was seen')
  t.equal(later.keyLogSeen, keyLogSeen, 'what was refused is not remembered')
  const newcomer = served.connect({ fetch })
  await t.resolves(newcomer.driverKey(id), 'a newcomer has an hour in which it can be told of an old one')
  const anHourOn = { ...systemClock, now: () => systemClock.now() + 3_600_001 }
  await t.rejects(served.connect({ fetch, clock: anHourOn }).driverKey(id), {
    code: 'IDENTITY_KEY_LOG_STALE',
  })
  isBack = false
  await t.resolves(client.driverKey(id), 'and the honest log goes on')
})

t.test('two users who were shown different logs find out when they compare', async (t) => {
  const driver = await served.driver(next())
  const { id } = driver.identity
  const { origin } = keyLogOf(served.identity.id)
  // The market keeps a second log, in which the driver has a key from before, for one user alone.
  const secret = new DriverKeyLog()
  await secret.append(newestOf(driver))
  await secret.append(await anotherKey(await createIdentity(systemRandom)))
  const fetch = lyingFetch((path) => {
    if (!isKey(path)) return undefined
    const checkpoint = signKeyLogCheckpoint(served.identity, origin, secret.checkpoint(systemClock.now()))
    return { proof: driverKeyProofToJson(secret.prove(id)), checkpoint }
  })
  const [deceived, honest, friend] = [served.connect({ fetch }), served.connect(), served.connect()]
  await friend.driverKey(id)
  await served.driver(next())
  await served.rotate(driver)
  t.same((await honest.driverKey(id)).entry, newestOf(driver))
  t.not((await deceived.driverKey(id)).entry.sequence, newestOf(driver).sequence, 'nothing shows alone')
  const forked = { code: 'IDENTITY_KEY_LOG_FORKED' }
  await t.rejects(honest.compareKeyLog(deceived.keyLogSeen ?? ''), forked)
  await t.rejects(
    served.connect({ fetch, keyLogSeen: deceived.keyLogSeen }).compareKeyLog(honest.keyLogSeen ?? ''),
    forked,
  )
  await t.resolves(honest.compareKeyLog(friend.keyLogSeen ?? ''), 'an older one of the same log is fine')
  await t.resolves(friend.compareKeyLog(honest.keyLogSeen ?? ''), 'and a newer one')
  const wrong = { code: 'IDENTITY_KEY_LOG_CHECKPOINT' }
  await t.rejects(honest.compareKeyLog('hello'), wrong)
  const { identity } = await served.user(next())
  const foreign = signKeyLogCheckpoint(identity, origin, secret.checkpoint(systemClock.now()))
  await t.rejects(honest.compareKeyLog(foreign), wrong, 'and nobody else can accuse the market')
  const entries = await served.market.driverKeyEntries()
  const auditor = new KeyLogAuditor()
  const log = keyLogOf(served.identity.id)
  await auditor.follow(entries, await openKeyLogCheckpoint(honest.keyLogSeen ?? '', log))
  const shown = await openKeyLogCheckpoint(deceived.keyLogSeen ?? '', log)
  await t.rejects(
    new KeyLogAuditor().follow(entries.slice(0, shown.size), shown),
    forked,
    'an auditor finds it too',
  )
})

t.test('a market that does not show that its log goes on is not believed', async (t) => {
  const driver = await served.driver(next())
  const { id } = driver.identity
  let lie: unknown
  const fetch = lyingFetch((path) => (path.startsWith('/v1/driver-keys/consistency') ? lie : undefined))
  const client = served.connect({ fetch })
  await client.driverKey(id)
  for (const [said, code] of [
    [{ fromSize: 1, toSize: 2, hashes: [] }, 'IDENTITY_KEY_LOG_FORKED'],
    [{ fromSize: 1, toSize: 2, hashes: ['A'.repeat(43)] }, 'IDENTITY_KEY_LOG_FORKED'],
    [{ fromSize: 1, toSize: 2, hashes: 7 }, 'IDENTITY_KEY_PROOF_MALFORMED'],
    [{}, 'IDENTITY_KEY_PROOF_MALFORMED'],
  ] as const) {
    await served.rotate(driver)
    lie = said
    await t.rejects(client.driverKey(id), { code })
    lie = undefined
    await t.resolves(client.driverKey(id))
  }
})
