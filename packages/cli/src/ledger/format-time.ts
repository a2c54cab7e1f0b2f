const NS_PER_MS = 1_000_000n

const UTC = new Intl.DateTimeFormat('en', {
  timeZone: 'UTC',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
})

/** Writes a time of the ledger's clock in UTC: `2026-01-31T12:00:00.000Z`. */
export function formatTimeNs(timestampNs: bigint): string {
  const parts = UTC.formatToParts(Number(timestampNs / NS_PER_MS))
  const at = Object.fromEntries(parts.map(({ type, value }) => [type, value]))
  const day = `${at['year']}-${at['month']}-${at['day']}`
  return `${day}T${at['hour']}:${at['minute']}:${at['second']}.${at['fractionalSecond']}Z`
}
