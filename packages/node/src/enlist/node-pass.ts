import type { Clock, Milliseconds } from '@shardline/core'
import { signStatement, verifyStatement } from '@shardline/identity'
import type { Identity, PartyId } from '@shardline/identity'
import type { WireNodePass } from '@shardline/wire'
import { NodePassExpiredError, NodePassWrongError } from '../errors.ts'

const PURPOSE = 'node-pass'

/**
 * Lets whoever has it be a stage of a driver, until then. It is signed by the key of the driver's door, so that a door that
 * is started again knows it without having kept anything.
 */
export function signNodePass(door: Identity, expiresAtMs: Milliseconds): WireNodePass {
  const signature = signStatement(door, { purpose: PURPOSE, body: { expiresAtMs } })
  return { expiresAtMs, signature: Buffer.from(signature, 'base64url').toString('hex') }
}

/**
 * Checks a pass that a node shows.
 *
 * @throws NodePassWrongError if the door didn't sign it; NodePassExpiredError.
 */
export async function checkNodePass(
  { expiresAtMs, signature }: WireNodePass,
  { door, clock }: { readonly door: PartyId; readonly clock: Pick<Clock, 'now'> },
): Promise<void> {
  const statement = { purpose: PURPOSE, body: { expiresAtMs } }
  const word = Buffer.from(signature, 'hex').toString('base64url')
  if (!(await verifyStatement(statement, door, word))) throw new NodePassWrongError(door)
  if (clock.now() >= expiresAtMs) throw new NodePassExpiredError(expiresAtMs)
}
