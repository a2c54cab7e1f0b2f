import type { Clock } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import { verifyStageReceipt } from '@shardline/identity'
import type { SignedStageReceipt, StageReceipt } from '@shardline/identity'
import { rootOfWindows } from '@shardline/node'
import type { ReceiptMessage } from '@shardline/wire'
import { ReceiptInvalidError } from './proof-errors.ts'
import { partOf } from './stage-receipts.ts'
import type { ExpectedReceipt, StageReceipts } from './stage-receipts.ts'

/** What is compared one by one, in the order in which it is looked at. */
const FIELDS = ['request', 'fence', 'role', 'model', 'numericClass', 'promptTokens', 'outputTokens'] as const

/**
 * Checks that a stage's answer is a receipt that the stage signed, for exactly what was asked, over the windows that came
 * with it. What the windows say is for `checkCoverage` and `checkBoundaries`.
 *
 * @throws ReceiptInvalidError, which names the field.
 */
export async function checkStageReceipt(
  message: ReceiptMessage,
  expected: ExpectedReceipt,
  clock: Pick<Clock, 'now'>,
): Promise<StageReceipts> {
  const { stage, party, receipt } = expected
  if (party === undefined) throw new ReceiptInvalidError(stage, 'its link proves nobody who could sign')
  const signed = await verified(message.receipt, expected, clock)
  const { body } = signed
  if (body.node !== party)
    throw new ReceiptInvalidError(stage, `its node is ${body.node}, the link proved ${party}`)
  for (const field of FIELDS) {
    if (body[field] === receipt[field]) continue
    throw new ReceiptInvalidError(stage, `its ${field} is ${body[field]}, not ${receipt[field]}`)
  }
  if (!isSameLayers(body.layers, receipt.layers)) {
    throw new ReceiptInvalidError(stage, `its layers are ${layersOf(body)}, not ${layersOf(receipt)}`)
  }
  const { windows } = message
  if ((await rootOfWindows(partOf(expected), windows)) !== body.root) {
    throw new ReceiptInvalidError(stage, 'its root is not that of the windows that came with it')
  }
  return { stage, signed, windows }
}

async function verified(
  text: string,
  { stage }: ExpectedReceipt,
  clock: Pick<Clock, 'now'>,
): Promise<SignedStageReceipt> {
  try {
    return await verifyStageReceipt(JSON.parse(text), clock)
  } catch (cause) {
    throw new ReceiptInvalidError(stage, fromUnknown(cause).message, cause)
  }
}

function isSameLayers(one: StageReceipt['layers'], other: StageReceipt['layers']): boolean {
  return one?.first === other?.first && one?.last === other?.last
}

function layersOf({ layers }: Pick<StageReceipt, 'layers'>): string {
  return layers === null ? 'none' : `${layers.first}-${layers.last}`
}
