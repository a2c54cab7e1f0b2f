import { comparisonCommitment } from '@shardline/identity'

/** The commitment to a prompt key under a salt, all 32 bytes in lower-case hex: see comparisonCommitment. */
export function promptCommitment({
  salt,
  promptKey,
}: {
  readonly salt: string
  readonly promptKey: string
}): string {
  const opening = { salt: bytes(salt), key: bytes(promptKey) }
  return Buffer.from(comparisonCommitment(opening)).toString('hex')
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}
