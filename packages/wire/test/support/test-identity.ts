import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import type { LinkIdentity } from '../../src/index.ts'

/** DER of RFC 8410 up to the 32 secret bytes. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Someone on a link: of a number, always the same; else somebody new. */
export function testIdentity(number?: number): LinkIdentity {
  const seed = number === undefined ? randomBytes(32) : Buffer.alloc(32, number)
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32)
  return { publicKey: new Uint8Array(publicKey), sign: (message) => sign(null, message, key) }
}
