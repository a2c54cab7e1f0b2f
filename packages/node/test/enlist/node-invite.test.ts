import { bech32m } from '@scure/base'
import { SeededRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import t from 'tap'
import {
  checkNodePass,
  formatNodeInvite,
  NODE_INVITE_ADDRESSES_MAX,
  NODE_INVITE_CHARS_MAX,
  parseNodeInvite,
  signNodePass,
} from '../../src/index.ts'

const door = await createIdentity(new SeededRandom(3))
const EXPIRES_AT_MS = 1_798_761_600_000
const INVITE = {
  door: door.id,
  addresses: ['ws://192.0.2.7:7250', `relay://relay.example:7400/${door.id}`],
  pass: signNodePass(door, EXPIRES_AT_MS),
}
const LINE = formatNodeInvite(INVITE)
const INVALID = { code: 'NODE_INVITE_INVALID' }

/** The line with other bytes in it, and a checksum that fits. */
function rewritten(change: (bytes: Uint8Array) => Uint8Array): string {
  const { prefix, words } = bech32m.decode(LINE as `${string}1${string}`, false)
  return bech32m.encode(prefix, bech32m.toWords(change(bech32m.fromWords(words))), false)
}

t.test('an invite is read as it was written, also with line breaks in it', async (t) => {
  t.ok(LINE.startsWith('shardlinenode1'))
  t.strictSame(parseNodeInvite(LINE), INVITE)
  t.strictSame(parseNodeInvite(` ${LINE.slice(0, 60)}\n${LINE.slice(60)} `), INVITE)
})

t.test('an invite with any character changed, added or left out is refused', async (t) => {
  for (let at = 'shardlinenode1'.length; at < LINE.length; at++) {
    const other = LINE[at] === 'q' ? 'p' : 'q'
    t.throws(() => parseNodeInvite(`${LINE.slice(0, at)}${other}${LINE.slice(at + 1)}`), {
      code: 'NODE_INVITE_INVALID',
    })
    t.throws(() => parseNodeInvite(`${LINE.slice(0, at)}${LINE.slice(at + 1)}`), {
      code: 'NODE_INVITE_INVALID',
    })
  }
})

t.test('what is no invite for nodes is refused by name', async (t) => {
  t.throws(() => parseNodeInvite(''), INVALID)
  t.throws(() => parseNodeInvite('q'.repeat(NODE_INVITE_CHARS_MAX + 1)), INVALID)
  t.throws(() => parseNodeInvite('shardline1qqqq'), { ...INVALID, message: /invites to ask.*--invite-nodes/ })
  t.throws(() => parseNodeInvite(rewritten((bytes) => bytes.with(0, 2))), {
    ...INVALID,
    message: /version 2/,
  })
  t.throws(() => parseNodeInvite(rewritten((bytes) => bytes.subarray(0, 50))), INVALID)
  t.throws(() => parseNodeInvite(rewritten((bytes) => Uint8Array.from([...bytes, 0]))), INVALID)
  t.throws(() => parseNodeInvite(rewritten((bytes) => bytes.with(33, 255))), {
    ...INVALID,
    message: /no time/,
  })
  t.throws(() => parseNodeInvite(rewritten((bytes) => bytes.with(105, 0))), INVALID)
})

t.test('no invite is written that could not be read', async (t) => {
  const addresses = Array.from({ length: NODE_INVITE_ADDRESSES_MAX + 1 }, () => 'ws://a:1')
  for (const wrong of [
    [],
    addresses,
    ['http://a:1'],
    ['ws://a:1#id'],
    [`ws://${'a'.repeat(255)}`],
    ['ws://ü:1'],
  ]) {
    t.throws(() => formatNodeInvite({ ...INVITE, addresses: wrong }), INVALID)
  }
})

t.test('a pass is good until it ends, at the door that signed it', async (t) => {
  const stranger = await createIdentity(new SeededRandom(4))
  const at = (nowMs: number) => ({ door: door.id, clock: { now: () => nowMs } })
  await checkNodePass(INVITE.pass, at(EXPIRES_AT_MS - 1))
  await t.rejects(checkNodePass(INVITE.pass, at(EXPIRES_AT_MS)), {
    code: 'NODE_PASS_EXPIRED',
    message: /2027/,
  })
  const foreign = { ...at(0), door: stranger.id }
  await t.rejects(checkNodePass(INVITE.pass, foreign), { code: 'NODE_PASS_WRONG' })
  const later = { ...INVITE.pass, expiresAtMs: EXPIRES_AT_MS + 1 }
  await t.rejects(checkNodePass(later, at(0)), { code: 'NODE_PASS_WRONG' })
  await t.rejects(checkNodePass({ ...INVITE.pass, signature: '00' }, at(0)), { code: 'NODE_PASS_WRONG' })
})
