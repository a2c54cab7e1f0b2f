import type { CheckedReceipts } from '@shardline/client'
import { formatCount } from './format.ts'

/** Says what the receipts of a paid answer show. */
export function drawReceipts({ receipts, layerCount }: CheckedReceipts): string {
  const workers = receipts.filter(({ body }) => body.role === 'worker').length
  const who =
    workers === 0
      ? 'driver and validator'
      : `driver, ${workers} ${workers === 1 ? 'worker' : 'workers'} and validator`
  const tokens = receipts[0]?.body.outputTokens ?? 0
  return `receipts: ${receipts.length} signatures of ${who} hold, all ${layerCount} layers are covered once, everyone counts ${formatCount(tokens)} answer tokens\n`
}
