import t from 'tap'
import { SeededRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import { formatDriverAddress, formatInvite, parseDriverAddress, parseInvite } from '../src/index.ts'

const seed = Number(process.env['SEED'] ?? 7)
const random = new SeededRandom(seed)
const party = async (): Promise<PartyId> => (await createIdentity(random)).id
const [driver, first, second] = await Promise.all([party(), party(), party()])
const addresses = ['ws://10.0.0.1:7200', 'wss://home.example:443/way?in=1']

t.test('an invite says again what was written into it', async (t) => {
  for (const validators of [undefined, [first], [first, second]]) {
    const line = formatInvite({ driver, addresses, validators })
    t.match(line, /^shardline1[02-9ac-hj-np-z]+$/)
    t.same(parseInvite(line), { driver, addresses, validators })
    t.same(parseInvite(`  ${line.slice(0, 60)}\n ${line.slice(60)}\r\n`), parseInvite(line), 'broken in two')
  }
})

t.test('a changed, cut or foreign line is refused', async (t) => {
  const line = formatInvite({ driver, addresses, validators: [first] })
  t.comment(`seed ${seed}`)
  for (let trial = 0; trial < 200; trial++) {
    const at = 10 + random.integer(line.length - 10)
    const other = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'[random.integer(32)] ?? 'q'
    if (line[at] === other) continue
    t.throws(() => parseInvite(line.slice(0, at) + other + line.slice(at + 1)), {
      code: 'CLIENT_INVITE_INVALID',
    })
  }
  const wrong = [
    '',
    'shardline1',
    line.slice(0, -1),
    `${line}q`,
    line.toUpperCase(),
    driver,
    'x'.repeat(10_000),
  ]
  for (const text of wrong) t.throws(() => parseInvite(text), { code: 'CLIENT_INVITE_INVALID' })
})

t.test('what does not belong into an invite is not written', async (t) => {
  const whole = { driver, addresses, validators: undefined }
  const many = Array.from({ length: 17 }, () => addresses[0]!)
  t.throws(() => formatInvite({ ...whole, addresses: [] }), { code: 'CLIENT_INVITE_INVALID' })
  t.throws(() => formatInvite({ ...whole, addresses: many }), { code: 'CLIENT_INVITE_INVALID' })
  t.throws(() => formatInvite({ ...whole, validators: Array.from({ length: 65 }, () => first) }), {
    code: 'CLIENT_INVITE_INVALID',
  })
  for (const address of ['', 'http://a', 'ws://', 'ws://a b', 'ws://a#b', `ws://${'a'.repeat(300)}`]) {
    t.throws(() => formatInvite({ ...whole, addresses: [address] }), { code: 'CLIENT_DRIVER_ADDRESS' })
  }
})

t.test('an address with an id says where a driver is and who it is', async (t) => {
  const text = formatDriverAddress('ws://10.0.0.1:7200', driver)
  t.same(parseDriverAddress(text), { driver, addresses: ['ws://10.0.0.1:7200'], validators: undefined })
  for (const wrong of ['ws://10.0.0.1:7200', `ws://10.0.0.1:7200#${driver.slice(1)}`, `ftp://a#${driver}`]) {
    t.throws(() => parseDriverAddress(wrong), { code: 'CLIENT_DRIVER_ADDRESS' })
  }
})
