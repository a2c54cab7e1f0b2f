import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { KeyUser, jsonOf } from '../support/key-user.ts'

const hasModes = process.platform !== 'win32'

t.test('a key moves to another machine, and keeps its id and passphrase', async (t) => {
  await using user = new KeyUser()
  await using elsewhere = new KeyUser()
  const passphrase = 'open sesame'
  const made = jsonOf(await user.run(['new', 'me', '--json', '--passphrase'], { passphrase }))
  t.equal(made['is_protected'], true)
  const copy = path.join(user.home, 'copy.json')
  const exported = await user.run(['export', 'me', '--output', copy])
  t.same([exported.code, exported.stdout], [0, ''])
  if (hasModes) t.equal(statSync(copy).mode & 0o777, 0o600)
  const [again, missing, wrong] = await Promise.all([
    user.run(['export', 'me', '--output', copy]),
    elsewhere.run(['import', copy]),
    elsewhere.run(['import', copy], { passphrase: 'wrong' }),
  ])
  t.match(again.stderr, /CLI_OUTPUT_UNWRITABLE/)
  t.match(missing.stderr, /IDENTITY_PASSPHRASE_MISSING/)
  t.match(wrong.stderr, /IDENTITY_PASSPHRASE_WRONG/)
  const taken = jsonOf(await elsewhere.run(['import', copy, 'mine', '--json'], { passphrase }))
  t.match(taken, { name: 'mine', id: made['id'], is_protected: true })
})

t.test('a key without a passphrase can be piped, and says what that means', async (t) => {
  await using user = new KeyUser()
  const id = (await user.run(['new'])).stdout
  const exported = await user.run(['export'])
  t.match(exported.stderr, /no passphrase: whoever reads it can act as you/)
  const taken = await user.run(['import', '-', 'copy', '--quiet'], { stdin: exported.stdout })
  t.same([taken.stdout, taken.stderr], [id, ''])
  const malformed = await user.run(['import', '-', 'other'], { stdin: '{}' })
  t.match(malformed.stderr, /IDENTITY_KEY_FILE_MALFORMED/)
})

t.test('a driver rotates its encryption key under the same id', async (t) => {
  await using user = new KeyUser()
  const { id } = jsonOf(await user.run(['new', '--json']))
  const first = jsonOf(await user.run(['rotate', '--json']))
  t.match(first, { driverId: id, sequence: 0, encryptionKey: /^[\w-]{43}$/, signature: /^[\w-]{86}$/ })
  const day = 24 * 3_600_000
  t.equal(Number(first['validUntilMs']) - Number(first['validFromMs']), 7 * day)
  const second = await user.run(['rotate', '--days', '1'])
  t.match(second.stdout, /^[\w-]{43}\n$/)
  t.match(second.stderr, new RegExp(`Encryption key 1 of ${String(id)} is valid until \\d{4}-`))
  t.same(readdirSync(user.folder), ['default.key'], 'nothing is left lying around')
  t.match((await user.run(['rotate', '--days', '31'])).stderr, /CLI_OPTION_INVALID/)
})
