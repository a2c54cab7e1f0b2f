/** Hours of every day in which a node works, in minutes since midnight. The end may lie before the beginning: over midnight. */
export interface NodeHours {
  readonly fromMinute: number
  readonly toMinute: number
}

const MINUTES_PER_DAY = 1440
const MINUTE_MS = 60_000
const FORM = /^(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?$/

/** Reads `22-7`, `22:30-7:15`; undefined if it is none, or no time lies in it. */
export function parseNodeHours(text: string): NodeHours | undefined {
  const match = FORM.exec(text.trim())
  if (match === null) return undefined
  const fromMinute = minuteOf(match[1], match[2])
  const toMinute = minuteOf(match[3], match[4])
  if (fromMinute === undefined || toMinute === undefined || fromMinute === toMinute) return undefined
  return { fromMinute, toMinute }
}

/** Writes hours as people read them: `22:30-07:15`. */
export function formatNodeHours({ fromMinute, toMinute }: NodeHours): string {
  return `${formatMinute(fromMinute)}-${formatMinute(toMinute)}`
}

/** Whether a minute of the day lies in the hours; the last one doesn't. */
export function isWithinHours({ fromMinute, toMinute }: NodeHours, minute: number): boolean {
  return fromMinute < toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute
}

/** The minute of the day at a time in milliseconds since 1970, by this machine's clock on the wall. */
export function minuteOfDay(nowMs: number): number {
  const parts = new Intl.DateTimeFormat('en', {
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(nowMs)
  const numberOf = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0)
  return numberOf('hour') * 60 + numberOf('minute')
}

/**
 * Milliseconds until the hours begin, or end where they have begun. Less where a clock is put forward meanwhile, so look
 * again then.
 */
export function untilHoursChange(hours: NodeHours, nowMs: number): number {
  const minute = minuteOfDay(nowMs)
  const next = isWithinHours(hours, minute) ? hours.toMinute : hours.fromMinute
  const minutes = (next - minute + MINUTES_PER_DAY) % MINUTES_PER_DAY
  return Math.max(1, minutes * MINUTE_MS - (nowMs % MINUTE_MS))
}

function minuteOf(hours = '', minutes = '0'): number | undefined {
  const minute = Number(hours) * 60 + Number(minutes)
  if (Number(minutes) > 59 || minute > MINUTES_PER_DAY) return undefined
  return minute % MINUTES_PER_DAY
}

function formatMinute(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}
