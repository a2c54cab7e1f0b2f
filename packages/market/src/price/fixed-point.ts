/** Quotient of two whole numbers, rounded up; `dividend` isn't negative, `divisor` is above zero. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

/** A whole number of `10^-decimals` as a decimal, exact and without needless zeros. */
export function formatDecimal(value: bigint, decimals: number): string {
  const digits = value.toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, -decimals)
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

const RATIO_DECIMALS = 6

/** A quotient for people: six digits after the point at the most, rounded to nearest. */
export function ratioText(dividend: bigint, divisor: bigint): string {
  const scaled = dividend * 10n ** BigInt(RATIO_DECIMALS)
  return formatDecimal((2n * scaled + divisor) / (2n * divisor), RATIO_DECIMALS)
}
