import { InvalidArgumentError } from 'commander'

const CREDITS = /^(\d{1,12})(?:\.(\d{1,6}))?$/
const MICROCREDITS_PER_CREDIT = 1_000_000n

/** Microcredits of a decimal of credits; refuses everything else by saying what is allowed. */
export function parseCredits(text: string): bigint {
  const [, whole, fraction = ''] = CREDITS.exec(text) ?? []
  const amount =
    whole === undefined ? 0n : BigInt(whole) * MICROCREDITS_PER_CREDIT + BigInt(fraction.padEnd(6, '0'))
  if (amount === 0n) {
    throw new InvalidArgumentError('Allowed is a number above 0, with up to 6 decimals.')
  }
  return amount
}
