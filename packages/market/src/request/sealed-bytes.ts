import type { MarketContext } from '../context.ts'
import { MarketInputError, MarketLimitError } from '../errors.ts'

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * The bytes of a sealed prompt.
 *
 * @throws MarketInputError if it's no base64 or empty; MarketLimitError if it's too long.
 */
export function sealedBytes({ settings }: Pick<MarketContext, 'settings'>, sealedPrompt: string): Uint8Array {
  const bytes = Buffer.from(sealedPrompt, 'base64')
  const isWhole = BASE64.test(sealedPrompt) && bytes.toString('base64') === sealedPrompt
  if (!isWhole || bytes.length === 0) {
    throw new MarketInputError(
      'sealed prompt',
      `${sealedPrompt.length} characters`,
      'bytes in base64, with padding',
    )
  }
  if (bytes.length > settings.sealedPromptBytesMax) {
    throw new MarketLimitError('bytes of a sealed prompt', bytes.length, settings.sealedPromptBytesMax)
  }
  return bytes
}
