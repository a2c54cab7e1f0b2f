import { KEY_BYTES } from './link-crypto.ts'

/** The field's prime, 2^255 - 19. */
const PRIME = 2n ** 255n - 19n

/** The y coordinates of the eight points of small order, for which anyone can make signatures that verify. */
const SMALL_ORDER_Y: readonly bigint[] = [
  0n,
  1n,
  PRIME - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]

/**
 * Whether an Ed25519 public key is written in its one canonical form (RFC 8032, section 5.1.3) and stands for somebody:
 * signatures under points of small order prove nothing. That it is on the curve is left to the verification.
 */
export function isStrictPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.byteLength !== KEY_BYTES) return false
  let y = 0n
  for (let i = KEY_BYTES - 1; i >= 0; i--) y = (y << 8n) | BigInt(publicKey[i] ?? 0)
  // The highest bit is the sign of x.
  y &= (1n << 255n) - 1n
  return y < PRIME && !SMALL_ORDER_Y.includes(y)
}
