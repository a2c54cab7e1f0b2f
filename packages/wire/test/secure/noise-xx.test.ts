import { createCipheriv } from 'node:crypto'
import t from 'tap'
import { nodeLinkCrypto as crypto, portableLinkCrypto } from '../../src/index.ts'
import type { LinkCrypto } from '../../src/index.ts'
import { CipherState } from '../../src/secure/cipher-state.ts'
import { NoiseXX } from '../../src/secure/noise-xx.ts'
import { NOISE_VECTORS } from './noise-vectors.ts'

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')
const hex = (given: Uint8Array | undefined): string | undefined =>
  given === undefined ? undefined : Buffer.from(given).toString('hex')
const ignore = (): void => undefined

for (const { source, prologue, dialing, accepting, handshakeHash, firstAfter, messages } of NOISE_VECTORS) {
  t.test(`says byte by byte what the vector says: ${source}`, async (t) => {
    const sideOf = (keys: typeof dialing, own: LinkCrypto): NoiseXX =>
      new NoiseXX(own, {
        prologue: bytes(prologue),
        staticKey: own.keyPairOf(bytes(keys.staticKey)),
        ephemeralKey: own.keyPairOf(bytes(keys.ephemeralKey)),
      })
    // The dialing side as in a web page, the accepting one as in Node.
    const near = sideOf(dialing, portableLinkCrypto)
    const far = sideOf(accepting, crypto)
    const [first, second, third, ...rest] = messages
    const payloads = [first, second, third].map((message) => bytes(message?.[0] ?? ''))
    const sent = near.writeFirst(payloads[0]!)
    t.equal(hex(sent), first?.[1])
    t.equal(hex(far.readFirst(sent)), first?.[0])
    const answer = far.writeSecond(() => payloads[1]!)
    t.equal(hex(answer), second?.[1])
    t.equal(hex(near.readSecond(answer!, ignore)), second?.[0])
    const last = near.writeThird(() => payloads[2]!)
    t.equal(hex(last), third?.[1])
    t.equal(hex(far.readThird(last!, ignore)), third?.[0])
    if (handshakeHash !== undefined) t.equal(hex(near.handshakeHash), handshakeHash)
    t.equal(hex(far.handshakeHash), hex(near.handshakeHash))
    t.equal(hex(near.remoteStatic), hex(crypto.keyPairOf(bytes(accepting.staticKey)).publicKey))
    t.equal(hex(far.remoteStatic), hex(crypto.keyPairOf(bytes(dialing.staticKey)).publicKey))
    const [nearKeys, farKeys] = [near.split(), far.split()]
    for (const [i, [payload, sealed]] of rest.entries()) {
      const isFromDialing = (i % 2 === 0) === (firstAfter === 'dialing')
      const direction = isFromDialing ? 'dialing' : 'accepting'
      const [own, other] = isFromDialing ? [nearKeys, farKeys] : [farKeys, nearKeys]
      t.equal(hex(own[direction].seal(bytes(payload))), sealed)
      t.equal(hex(other[direction].open(bytes(sealed))), payload)
    }
  })
}

t.test('re-keys as the specification says: zeros sealed under the highest counter', async (t) => {
  const key = Buffer.alloc(32, 7)
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.from('00000000ffffffffffffffff', 'hex'))
  const next = cipher.update(Buffer.alloc(32))
  const rekeyed = new CipherState(crypto, key)
  rekeyed.rekey()
  const plaintext = Buffer.from('the counter starts at 0')
  t.strictSame(rekeyed.seal(plaintext), new CipherState(crypto, next).seal(plaintext))
})

t.test('goes on counting after a new key', async (t) => {
  const [one, other] = [
    new CipherState(crypto, Buffer.alloc(32, 1)),
    new CipherState(crypto, Buffer.alloc(32, 1)),
  ]
  one.seal(Buffer.from('first'))
  one.rekey()
  const sealed = one.seal(Buffer.from('second'))
  other.rekey()
  t.equal(other.open(sealed), undefined)
  t.notOk(other.isSealedAt(0, sealed))
  t.ok(other.isSealedAt(1, sealed))
})

t.test('tells keys of small order, which everyone can agree with', async (t) => {
  const own = crypto.generateKeyPair()
  const order8 = 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'
  for (const point of ['00'.repeat(32), `01${'00'.repeat(31)}`, order8, `ec${'ff'.repeat(30)}7f`]) {
    t.equal(own.agree(bytes(point)), undefined, point)
    const noise = new NoiseXX(crypto, {
      prologue: new Uint8Array(0),
      staticKey: own,
      ephemeralKey: crypto.generateKeyPair(),
    })
    noise.readFirst(bytes(point))
    t.equal(
      noise.writeSecond(() => new Uint8Array(0)),
      undefined,
    )
  }
  t.equal(own.agree(new Uint8Array(31)), undefined)
})
