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

/** A time as Ollama writes it, such as `2025-01-31T23:59:59.999Z`, from milliseconds since the Unix epoch. */
export function ollamaTime(ms: number): string {
  const at = Object.fromEntries(UTC.formatToParts(ms).map(({ type, value }) => [type, value]))
  const day = `${at['year']}-${at['month']}-${at['day']}`
  return `${day}T${at['hour']}:${at['minute']}:${at['second']}.${at['fractionalSecond']}Z`
}
