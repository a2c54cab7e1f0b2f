import { chmodSync, readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { KeyUser, jsonOf } from '../support/key-user.ts'

const hasModes = process.platform !== 'win32'

t.test('a new key has an id, lies where only its owner can read it, and is shown', async (t) => {
  await using user = new KeyUser()
  const empty = await user.run(['show'])
  t.equal(empty.code, 0)
  t.match(empty.stderr, /no key in .*shardline keys new/)
  const made = await user.run(['new'])
  t.match(made.stdout, /^shard1\w{58}\n$/)
  t.match(made.stderr, /"default" is in .*only by its permissions/)
  const id = made.stdout.trim()
  const second = jsonOf(await user.run(['new', 'driver-1', '--json']))
  t.match(second, { name: 'driver-1', is_protected: false, path: user.folder })
  t.same(readdirSync(user.folder).toSorted(), ['default.key', 'driver-1.key'])
  if (hasModes) {
    t.equal(statSync(user.folder).mode & 0o777, 0o700)
    t.equal(statSync(path.join(user.folder, 'default.key')).mode & 0o777, 0o600)
  }
  const all = await user.run(['show'])
  t.match(
    all.stdout,
    new RegExp(`name +id +protection\\ndefault +${id} +none\\ndriver-1 +shard1\\w+ +none\\n`),
  )
  const { keys } = jsonOf(await user.run(['show', 'driver-1', '--json']))
  t.same(keys, [{ name: 'driver-1', id: second['id'], is_protected: false }])
})

t.test('a key is never overwritten, and one that is not there is named', async (t) => {
  await using user = new KeyUser()
  await user.run(['new'])
  const before = readFileSync(path.join(user.folder, 'default.key'), 'utf8')
  const again = await user.run(['new'])
  t.equal(again.code, 1)
  t.match(again.stderr, /IDENTITY_KEY_EXISTS/)
  t.equal(readFileSync(path.join(user.folder, 'default.key'), 'utf8'), before)
  const unknown = await user.run(['show', 'nobody', '--json'])
  t.equal(unknown.code, 1)
  t.match(unknown.stderr, /IDENTITY_KEY_UNKNOWN/)
  t.match((await user.run(['new', '../up'])).stderr, /IDENTITY_KEY_NAME/)
})

t.test('keys that others can read are refused', { skip: !hasModes && 'no permission bits' }, async (t) => {
  await using user = new KeyUser()
  await user.run(['new'])
  chmodSync(path.join(user.folder, 'default.key'), 0o644)
  const open = await user.run(['export'])
  t.equal(open.code, 1)
  t.equal(open.stdout, '')
  t.match(open.stderr, /IDENTITY_KEY_PERMISSIONS/)
  t.match(open.stderr, /644, at most 600/)
})

t.test('a passphrase that nobody can be asked for is a mistake of the command line', async (t) => {
  await using user = new KeyUser()
  const { code, stderr } = await user.run(['new', '--passphrase'])
  t.equal(code, 2)
  t.match(stderr, /CLI_PASSPHRASE/)
})
