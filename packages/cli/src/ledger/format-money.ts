const MICROCREDITS_PER_CREDIT = 1_000_000n
const DECIMALS = 6

/** Writes microcredits as credits, exactly: `12.500000`. */
export function formatCredits(microcredits: bigint): string {
  const sign = microcredits < 0n ? '-' : ''
  const amount = microcredits < 0n ? -microcredits : microcredits
  const fraction = String(amount % MICROCREDITS_PER_CREDIT).padStart(DECIMALS, '0')
  return `${sign}${amount / MICROCREDITS_PER_CREDIT}.${fraction}`
}
