import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { nodeLinkCrypto, portableLinkCrypto } from '../../src/index.ts'
import { linkCryptoCompliance } from '../compliance/link-crypto-compliance.ts'
import { testIdentity } from '../support/test-identity.ts'
import { testSeed } from '../support/test-seed.ts'

t.test('of Node', async (t) => linkCryptoCompliance(t, nodeLinkCrypto))
t.test('of any platform', async (t) => linkCryptoCompliance(t, portableLinkCrypto))

const hex = (given: Uint8Array | undefined): string => Buffer.from(given ?? []).toString('hex')

t.test('both give the same for anything, and open what the other sealed', async (t) => {
  const random = new SeededRandom(testSeed((text) => t.comment(text)))
  for (let round = 0; round < 40; round++) {
    const [secret, key] = [random.bytes(32), random.bytes(32)]
    const [associated, plaintext] = [random.bytes(random.integer(64)), random.bytes(random.integer(5000))]
    const counter = random.integer(2 ** 20) * random.integer(2 ** 30)
    const [node, portable] = [nodeLinkCrypto, portableLinkCrypto].map((crypto) => {
      const pair = crypto.keyPairOf(secret)
      const aead = crypto.aead(key)
      return {
        publicKey: hex(pair.publicKey),
        shared: hex(pair.agree(crypto.keyPairOf(key).publicKey)),
        hash: hex(crypto.hash(associated, plaintext)),
        mac: hex(crypto.mac(key, associated, plaintext)),
        sealed: hex(aead.seal(counter, associated, plaintext)),
        nextKey: hex(aead.nextKey()),
      }
    })
    t.strictSame(portable, node)
    const identity = testIdentity()
    t.ok(portableLinkCrypto.verify(identity.publicKey, plaintext, identity.sign(plaintext)))
  }
})
