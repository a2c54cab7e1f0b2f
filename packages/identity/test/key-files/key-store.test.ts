import fc from 'fast-check'
import { scrypt } from '@noble/hashes/scrypt.js'
import t from 'tap'
import { KeyStore, identityFromSeed, readKeyFile, readKeyFileHead, writeKeyFile } from '../../src/index.ts'
import { MemoryKeyFolder } from '../support/memory-key-folder.ts'
import { bytesOf, flipBit, hex, partyOf, textOf, world } from '../support/parties.ts'
import { testSeed } from '../support/test-seed.ts'

const COST_LOG2 = 4
const passphrase = 'correct horse battery staple'

function openStore(): { readonly store: KeyStore; readonly folder: MemoryKeyFolder } {
  const folder = new MemoryKeyFolder()
  const { clock, random } = world()
  return { folder, store: new KeyStore({ folder, clock, random, costLog2: COST_LOG2 }) }
}

t.test('a key that was made can be opened again, and is listed', async (t) => {
  const { store, folder } = openStore()
  const made = await store.create({ name: 'me' })
  const { seed } = await store.open({ name: 'me' })
  t.equal((await identityFromSeed(seed)).id, made.id)
  const second = await store.create({ name: 'driver-1', passphrase })
  t.same(await store.list(), [
    { name: 'driver-1', id: second.id, isProtected: true },
    { name: 'me', id: made.id, isProtected: false },
  ])
  t.equal(folder.folderMode, 0o700)
  t.same(
    [...folder.files.values()].map(({ mode }) => mode),
    [0o600, 0o600],
  )
  folder.files.set('notes.txt', { bytes: bytesOf('x'), mode: 0o600 })
  t.equal((await store.list()).length, 2)
})

t.test('a key is never overwritten', async (t) => {
  const { store } = openStore()
  const made = await store.create({ name: 'me' })
  await t.rejects(store.create({ name: 'me' }), { code: 'IDENTITY_KEY_EXISTS', message: /"me" in \/keys/ })
  const { seed } = await partyOf(1)
  await t.rejects(store.import({ name: 'me' }, { seed, driverKeys: [] }), { code: 'IDENTITY_KEY_EXISTS' })
  t.equal((await store.head('me')).id, made.id)
})

t.test('a passphrase protects the key: none, a wrong one or a changed file does not open it', async (t) => {
  const { store, folder } = openStore()
  await store.create({ name: 'me', passphrase })
  await t.rejects(store.open({ name: 'me' }), { code: 'IDENTITY_PASSPHRASE_MISSING' })
  await t.rejects(store.open({ name: 'me', passphrase: 'wrong' }), { code: 'IDENTITY_PASSPHRASE_WRONG' })
  await t.rejects(store.open({ name: 'me', passphrase: '' }), { code: 'CORE_INVALID_VALUE' })
  await t.rejects(store.open({ name: 'me', passphrase: 'x'.repeat(1_025) }), { code: 'CORE_INVALID_VALUE' })
  const { seed } = await store.open({ name: 'me', passphrase })
  const { bytes } = folder.files.get('me.key')!
  t.notOk(textOf(bytes).includes(Buffer.from(seed).toString('base64url')))
  for (let place = 0; place < bytes.length; place++) {
    const changed = flipBit(bytes, place * 8)
    await t.rejects(readKeyFile(changed, passphrase), { code: /^IDENTITY_/ }, `byte ${place}`)
  }
})

t.test('the same passphrase typed on another keyboard opens it', async (t) => {
  const { random } = world()
  const { seed } = await partyOf(1)
  const file = await writeKeyFile(
    { seed, driverKeys: [] },
    { random, passphrase: 'caf\u00e9', costLog2: COST_LOG2 },
  )
  t.same((await readKeyFile(file, 'cafe\u0301')).seed, seed)
})

t.test('files and folders that others can enter are refused', async (t) => {
  const { store, folder } = openStore()
  await store.create({ name: 'me' })
  const { bytes } = folder.files.get('me.key')!
  const refused = { code: 'IDENTITY_KEY_PERMISSIONS' }
  for (const mode of [0o640, 0o604, 0o660, 0o610, 0o644]) {
    folder.files.set('me.key', { bytes, mode })
    await t.rejects(store.open({ name: 'me' }), { ...refused, message: /\/keys\/me\.key.*at most 600/ })
    await t.rejects(store.list(), refused)
  }
  for (const mode of [0o400, undefined]) {
    folder.files.set('me.key', { bytes, mode })
    await t.resolves(store.open({ name: 'me' }))
  }
  folder.folderMode = 0o755
  await t.rejects(store.open({ name: 'me' }), { ...refused, message: /755.*at most 700/ })
  await t.rejects(store.create({ name: 'you' }), refused)
  t.notOk(folder.files.has('you.key'))
})

t.test('names that could leave the folder, and unknown ones, are refused', async (t) => {
  const { store } = openStore()
  for (const name of ['', '../me', 'a/b', '.hidden', 'A', 'a.b', 'con:', 'x'.repeat(65), '-a']) {
    await t.rejects(store.create({ name }), { code: 'IDENTITY_KEY_NAME' }, name)
    await t.rejects(store.open({ name }), { code: 'IDENTITY_KEY_NAME' }, name)
  }
  await t.rejects(store.open({ name: 'nobody' }), { code: 'IDENTITY_KEY_UNKNOWN' })
  t.same(await store.list(), [])
})

t.test('rotation adds an encryption key, and keeps identity and passphrase', async (t) => {
  const { store } = openStore()
  const made = await store.create({ name: 'me', passphrase })
  const first = await store.rotate({ name: 'me', passphrase })
  const second = await store.rotate({ name: 'me', passphrase }, { validMs: 1_000 })
  t.same([first.entry.sequence, second.entry.sequence], [0, 1])
  t.equal(second.entry.driverId, made.id)
  t.equal(second.entry.validUntilMs - second.entry.validFromMs, 1_000)
  const { driverKeys } = await store.open({ name: 'me', passphrase })
  t.same(driverKeys, [first, second])
  await t.rejects(store.open({ name: 'me' }), { code: 'IDENTITY_PASSPHRASE_MISSING' })
  await store.create({ name: 'bare' })
  await store.rotate({ name: 'bare', passphrase: 'not needed' })
  t.equal((await store.open({ name: 'bare' })).driverKeys.length, 1)
})

t.test('what is no key file is refused by name, and not quoted', async (t) => {
  const { random } = world()
  const { seed } = await partyOf(1)
  const file = await writeKeyFile({ seed, driverKeys: [] }, { random })
  const fields = JSON.parse(textOf(file)) as Record<string, unknown>
  const other = await partyOf(2)
  const cases: readonly (readonly [object, string])[] = [
    [{ format: 'pem' }, 'IDENTITY_KEY_FILE_MALFORMED'],
    [{ version: 2 }, 'IDENTITY_KEY_FILE_VERSION'],
    [{ protection: 'secrecy' }, 'IDENTITY_KEY_FILE_MALFORMED'],
    [{ content: 7 }, 'IDENTITY_KEY_FILE_MALFORMED'],
    [{ content: 'AAAA' }, 'IDENTITY_KEY_FILE_MALFORMED'],
    [{ id: other.identity.id }, 'IDENTITY_KEY_FILE_MALFORMED'],
  ]
  for (const [change, code] of cases) {
    const changed = bytesOf(JSON.stringify({ ...fields, ...change }))
    await t.rejects(readKeyFile(changed), { code }, JSON.stringify(change))
  }
  t.throws(() => readKeyFileHead(bytesOf(JSON.stringify({ ...fields, id: 'me' }))), {
    code: 'IDENTITY_ID_INVALID',
  })
  const secret = bytesOf('{"seed": "my secret key')
  await t.rejects(readKeyFile(secret), {
    code: 'IDENTITY_KEY_FILE_MALFORMED',
    message: /^(?!.*secret key).*$/,
  })
  await t.rejects(readKeyFile(new Uint8Array(65_537)), { message: /more than 65536 bytes/ })
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      await t.rejects(readKeyFile(bytesOf(JSON.stringify(value))), { code: 'IDENTITY_KEY_FILE_MALFORMED' })
    }),
    { seed: testSeed(t), numRuns: 50 },
  )
})

t.test('a file can not ask for more work than the limit', async (t) => {
  const { random } = world()
  const { seed } = await partyOf(1)
  const file = await writeKeyFile({ seed, driverKeys: [] }, { random, passphrase, costLog2: COST_LOG2 })
  for (const cost of ['30', '0', '4.5', '"x"']) {
    const greedy = bytesOf(textOf(file).replace(`"costLog2":${COST_LOG2}`, `"costLog2":${cost}`))
    await t.rejects(readKeyFile(greedy, passphrase), { code: 'IDENTITY_KEY_FILE_MALFORMED', message: /cost/ })
  }
})

t.test('derives keys as RFC 7914 does', async (t) => {
  const expected =
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640'
  t.same(scrypt(bytesOf('password'), bytesOf('NaCl'), { N: 1024, r: 8, p: 16, dkLen: 64 }), hex(expected))
})
