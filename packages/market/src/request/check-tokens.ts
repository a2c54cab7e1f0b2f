import type { MarketContext } from '../context.ts'
import { MarketInputError } from '../errors.ts'

/** @throws MarketInputError unless both counts are within what the settings allow. */
export function checkTokens(
  { settings }: Pick<MarketContext, 'settings'>,
  {
    promptTokensMax,
    outputTokensMax,
  }: { readonly promptTokensMax: number; readonly outputTokensMax: number },
): void {
  checkWhole('prompt tokens', promptTokensMax, settings.promptTokensMax)
  checkWhole('output tokens', outputTokensMax, settings.outputTokensMax)
}

/** @throws MarketInputError unless the value is a whole number from 1 to `max`. */
export function checkWhole(field: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return
  throw new MarketInputError(field, String(value), `a whole number from 1 to ${max}`)
}
