import t from 'tap'
import {
  DriverKeyLog,
  KeyLogAuditor,
  KeyLogWatch,
  driverKeyProofFromJson,
  driverKeyProofToJson,
  encryptionKeysOf,
  openKeyLogCheckpoint,
  rotateDriverKeys,
  signKeyLogCheckpoint,
  verifyDriverKey,
} from '../../src/index.ts'
import type {
  DriverKey,
  DriverKeyEntry,
  DriverKeyProof,
  Identity,
  KeyLogCheckpoint,
} from '../../src/index.ts'
import { NOW_MS, flipBit, partyOf, world } from '../support/parties.ts'

const DAY_MS = 24 * 3_600_000
const { identity: market } = await partyOf(100)
const { identity: stranger } = await partyOf(101)
const drivers = await Promise.all([1, 2, 3, 4, 5].map(async (number) => (await partyOf(number)).identity))
const [driver, otherDriver] = drivers as [Identity, Identity]
const log = { origin: 'market.example/driver-keys', signer: market.id }

/** A log with a key of every driver; the first driver has had `rotations` more. */
async function openLog(rotations = 0): Promise<{
  readonly log: DriverKeyLog
  readonly entries: readonly DriverKeyEntry[]
  readonly keys: readonly DriverKey[]
}> {
  const { clock, random } = world()
  const keyLog = new DriverKeyLog()
  const entries: DriverKeyEntry[] = []
  let own: readonly DriverKey[] = []
  for (const identity of [...drivers, ...Array.from({ length: rotations }, () => driver)]) {
    const keys = await rotateDriverKeys({ identity, clock, random, keys: identity === driver ? own : [] })
    if (identity === driver) own = keys
    const { entry } = keys.at(-1)!
    await keyLog.append(entry)
    entries.push(entry)
  }
  return { log: keyLog, entries, keys: own }
}

const sign = (checkpoint: KeyLogCheckpoint, identity: Identity = market): string =>
  signKeyLogCheckpoint(identity, log.origin, checkpoint)

t.test('a user gets the current key of the driver that it chose', async (t) => {
  const { log: keyLog, keys } = await openLog(2)
  const { clock } = world()
  const watch = new KeyLogWatch({ log, clock })
  const checkpoint = await watch.accept(sign(keyLog.checkpoint(NOW_MS)))
  for (const { id } of drivers) {
    const key = await verifyDriverKey({ driverId: id, proof: keyLog.prove(id), checkpoint, clock })
    t.equal(key.length, 32)
  }
  const key = await verifyDriverKey({
    driverId: driver.id,
    proof: keyLog.prove(driver.id),
    checkpoint,
    clock,
  })
  const [newest] = (await encryptionKeysOf(keys)).slice(-1)
  t.same(key, newest!.publicKey)
  t.throws(() => keyLog.prove(stranger.id), { code: 'IDENTITY_DRIVER_KEY_UNKNOWN' })
})

t.test('a proof travels as JSON, and nothing else is taken for one', async (t) => {
  const { log: keyLog } = await openLog(1)
  const proof = keyLog.prove(driver.id)
  const text = JSON.stringify(driverKeyProofToJson(proof))
  t.same(driverKeyProofFromJson(JSON.parse(text)), proof)
  const json = driverKeyProofToJson(proof)
  const wrong: readonly unknown[] = [
    null,
    'x',
    {},
    { ...json, index: 0.5 },
    { ...json, entry: 7 },
    { ...json, hashes: 'x' },
    { ...json, hashes: ['x'] },
    { ...json, hashes: [7] },
    { ...json, hashes: Array.from({ length: 65 }, () => json.hashes[0]) },
  ]
  for (const value of wrong) {
    t.throws(
      () => driverKeyProofFromJson(value),
      { code: 'IDENTITY_KEY_PROOF_MALFORMED' },
      JSON.stringify(value),
    )
  }
})

t.test('a swapped key is found, whoever swapped it', async (t) => {
  const { log: keyLog, entries } = await openLog(1)
  const { clock, random } = world(7)
  const checkpoint = keyLog.checkpoint(NOW_MS)
  const proof = keyLog.prove(driver.id)
  const verify = (change: Partial<DriverKeyProof>): Promise<Uint8Array> =>
    verifyDriverKey({ driverId: driver.id, proof: { ...proof, ...change }, checkpoint, clock })
  await t.resolves(verify({}))
  const [made] = await rotateDriverKeys({ identity: stranger, clock, random, keys: [] })
  const forged = { code: 'IDENTITY_DRIVER_KEY_FORGED' }
  const swapped = { ...proof.entry, encryptionKey: made!.entry.encryptionKey }
  await t.rejects(verify({ entry: swapped }), forged, "another key under the driver's name")
  const signed = { ...made!.entry, driverId: driver.id }
  await t.rejects(verify({ entry: signed }), forged, 'signed by someone else')
  const notCurrent = { code: 'IDENTITY_DRIVER_KEY_NOT_CURRENT' }
  await t.rejects(verify({ entry: made!.entry }), notCurrent, "a stranger's own key")
  await t.rejects(verify(keyLog.prove(otherDriver.id)), notCurrent, "another driver's key")
  await t.rejects(verify({ entry: entries[0]! }), notCurrent, 'a key that was replaced')
  const [unlogged] = await rotateDriverKeys({ identity: driver, clock, random, keys: [] })
  await t.rejects(verify({ entry: unlogged!.entry }), notCurrent, "the driver's own, but not in the log")
  await t.rejects(verify({ index: proof.index + 1 }), notCurrent)
  await t.rejects(verify({ hashes: proof.hashes.slice(1) }), notCurrent)
})

t.test('a key is good within its time alone', async (t) => {
  const { log: keyLog } = await openLog()
  const checkpoint = keyLog.checkpoint(NOW_MS)
  const proof = keyLog.prove(driver.id)
  const at = (nowMs: number): Promise<Uint8Array> =>
    verifyDriverKey({ driverId: driver.id, proof, checkpoint, clock: { now: () => nowMs } })
  const expired = { code: 'IDENTITY_DRIVER_KEY_EXPIRED' }
  await t.resolves(at(NOW_MS + 7 * DAY_MS))
  await t.rejects(at(NOW_MS + 7 * DAY_MS + 1), expired)
  await t.resolves(at(NOW_MS - 60_000))
  await t.rejects(at(NOW_MS - 60_001), expired)
})

t.test('fields that are not of their kind are refused by name', async (t) => {
  const { entries } = await openLog()
  const changes: readonly object[] = [
    { sequence: -1 },
    { sequence: 0.5 },
    { encryptionKey: 'AA' },
    { encryptionKey: 7 },
    { validUntilMs: NOW_MS },
    { validUntilMs: NOW_MS + 31 * DAY_MS },
    { validFromMs: '0' },
    { driverId: 7 },
  ]
  for (const change of changes) {
    const entry = { ...entries[0]!, ...change }
    const invalid = { code: 'IDENTITY_DRIVER_KEY_INVALID' }
    await t.rejects(new DriverKeyLog().append(entry), invalid, JSON.stringify(change))
  }
  const { clock, random } = world()
  const tooLong = rotateDriverKeys({ identity: driver, clock, random, keys: [], validMs: 31 * DAY_MS })
  await t.rejects(tooLong, { code: 'IDENTITY_DRIVER_KEY_INVALID' })
})

t.test('rotation counts on, and drops the keys that ran out', async (t) => {
  const { clock, random } = world()
  let keys: readonly DriverKey[] = []
  for (let day = 0; day < 20; day++) {
    keys = await rotateDriverKeys({ identity: driver, clock, random, keys, validMs: 3 * DAY_MS })
    clock.advance(DAY_MS)
  }
  t.same(
    keys.map(({ entry }) => entry.sequence),
    [16, 17, 18, 19],
  )
  const two = await rotateDriverKeys({ identity: driver, clock, random, keys, keptMax: 2 })
  t.same(
    two.map(({ entry }) => entry.sequence),
    [19, 20],
  )
})

t.test('the log takes only newer keys of a driver', async (t) => {
  const { log: keyLog, entries, keys } = await openLog(2)
  const wrong = { code: 'IDENTITY_KEY_LOG_ENTRY' }
  await t.rejects(keyLog.append(entries[0]!), { ...wrong, message: /key 0 .* came after its key 2/ })
  await t.rejects(keyLog.append(keys.at(-1)!.entry), wrong, 'nor the same one again')
  const joined = new DriverKeyLog()
  await t.resolves(joined.append(keys.at(-1)!.entry), 'a driver may join after it has rotated')
  t.throws(() => joined.appendChecked(keys[0]!.entry), wrong)
})

t.test('a log grows as it would if it were made anew', async (t) => {
  const { log: keyLog, entries } = await openLog(3)
  const again = new DriverKeyLog()
  for (const entry of entries) {
    again.appendChecked(entry)
    t.equal(again.prove(entry.driverId).entry, entry)
  }
  t.same(again.checkpoint(NOW_MS), keyLog.checkpoint(NOW_MS))
  t.same(again.proveConsistency(2, 5), (await openLog()).log.proveConsistency(2))
})

t.test('a checkpoint counts with the signature of its log alone', async (t) => {
  const { log: keyLog } = await openLog()
  const shown = keyLog.checkpoint(NOW_MS)
  const note = sign(shown)
  t.same(await openKeyLogCheckpoint(note, log), shown)
  const cosigned = `${note}\u2014 witness.example AAAAAAAA\n`
  t.same(await openKeyLogCheckpoint(cosigned, log), shown, 'with a witness under it too')
  const wrong = { code: 'IDENTITY_KEY_LOG_CHECKPOINT' }
  const notes = [
    sign(shown, stranger),
    note.replace('\n5\n', '\n6\n'),
    note.replace(`time ${NOW_MS}`, `time ${NOW_MS + 1}`),
    note.trimEnd(),
    '',
    '\n\n',
    note.replace('keys 5', 'keys 4'),
    'x'.repeat(70_000),
    note.slice(0, note.indexOf('\u2014')),
  ]
  for (const other of notes) await t.rejects(openKeyLogCheckpoint(other, log), wrong, other.slice(0, 300))
  await t.rejects(openKeyLogCheckpoint(note, { ...log, origin: 'other.example' }), wrong)
  const text = new TextEncoder().encode(note)
  for (let place = 0; place < note.indexOf('\u2014'); place++) {
    const changed = new TextDecoder().decode(flipBit(text, place * 8))
    await t.rejects(openKeyLogCheckpoint(changed, log), wrong, `byte ${place}`)
  }
  for (const origin of ['', 'a b', 'a+b', 'shardline:x', 'a\nb']) {
    t.throws(() => signKeyLogCheckpoint(market, origin, shown), wrong)
  }
})

t.test('a log can not take back what it has shown', async (t) => {
  const { log: keyLog, keys } = await openLog(1)
  const { clock, random } = world()
  const watch = new KeyLogWatch({ log, clock })
  const first = await watch.accept(sign(keyLog.checkpoint(NOW_MS)))
  const [next] = (await rotateDriverKeys({ identity: driver, clock, random, keys })).slice(-1)
  await keyLog.append(next!.entry)
  const second = await watch.accept(sign(keyLog.checkpoint(NOW_MS)), keyLog.proveConsistency(first.size))
  t.equal(watch.seen, second)
  const forked = { code: 'IDENTITY_KEY_LOG_FORKED' }
  await t.rejects(watch.accept(sign(first)), forked, 'back to before the rotation')
  const { log: other } = await openLog(4)
  const another = sign(other.checkpoint(NOW_MS))
  await t.rejects(watch.accept(another, other.proveConsistency(second.size)), forked, 'another history')
  const sameSize = { ...second, keysRoot: first.keysRoot }
  await t.rejects(watch.accept(sign(sameSize)), forked, 'other newest keys of the same entries')
  t.equal(watch.seen, second, 'what was refused is not remembered')
  const later = new KeyLogWatch({ log, clock, seen: second })
  await t.rejects(later.accept(sign(first)), forked, 'nor after a restart')
})

t.test('a checkpoint is good for an hour', async (t) => {
  const { log: keyLog } = await openLog()
  const accept = (signedAtMs: number, ageMsMax?: number): Promise<unknown> =>
    new KeyLogWatch({ log, clock: world().clock, ...(ageMsMax === undefined ? {} : { ageMsMax }) }).accept(
      sign(keyLog.checkpoint(signedAtMs)),
    )
  const stale = { code: 'IDENTITY_KEY_LOG_STALE' }
  await t.resolves(accept(NOW_MS - 3_600_000))
  await t.rejects(accept(NOW_MS - 3_600_001), stale)
  await t.resolves(accept(NOW_MS + 60_000))
  await t.rejects(accept(NOW_MS + 60_001), stale)
  await t.rejects(accept(NOW_MS - 2, 1), stale)
})

t.test(
  'who follows the whole log finds a false list of newest keys, and every key under its own id',
  async (t) => {
    const { log: keyLog, entries } = await openLog(2)
    const honest = keyLog.checkpoint(NOW_MS)
    const auditor = new KeyLogAuditor()
    await auditor.follow(entries, honest)
    t.equal(auditor.size, 7)
    t.same(auditor.newestOf(driver.id), entries.at(-1))
    await t.resolves(auditor.follow([], honest), 'nothing new is fine too')
    const forked = { code: 'IDENTITY_KEY_LOG_FORKED' }
    const lies: readonly (readonly [readonly DriverKeyEntry[], KeyLogCheckpoint])[] = [
      [entries, { ...honest, keysRoot: (await openLog(1)).log.checkpoint(NOW_MS).keysRoot }],
      [entries, { ...honest, drivers: 6 }],
      [entries, { ...honest, entriesRoot: flipBit(honest.entriesRoot, 0) }],
      [entries.slice(0, -1), honest],
      [[entries[1]!, entries[0]!, ...entries.slice(2)], honest],
    ]
    for (const [shown, checkpoint] of lies)
      await t.rejects(new KeyLogAuditor().follow(shown, checkpoint), forked)
    const leftOut = entries.filter((entry) => entry.sequence !== 1)
    await t.rejects(new KeyLogAuditor().follow(leftOut, honest), forked)
    const again = [...entries, entries[0]!]
    await t.rejects(new KeyLogAuditor().follow(again, honest), { code: 'IDENTITY_KEY_LOG_ENTRY' })
  },
)
