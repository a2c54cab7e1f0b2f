import { ChatTemplateError } from '../errors.ts'

type Part = (timeMs: number) => string

const part = (options: Intl.DateTimeFormatOptions): Part => {
  const format = new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' })
  return (timeMs) => format.format(timeMs)
}

/** Some parts come with one digit if nothing stands beside them, whatever is asked for. */
const twoDigits = (options: Intl.DateTimeFormatOptions): Part => {
  const format = part(options)
  return (timeMs) => format(timeMs).padStart(2, '0')
}

const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['%Y', part({ year: 'numeric' })],
  ['%m', twoDigits({ month: 'numeric' })],
  ['%d', twoDigits({ day: 'numeric' })],
  ['%H', twoDigits({ hour: 'numeric', hourCycle: 'h23' })],
  ['%M', twoDigits({ minute: 'numeric' })],
  ['%S', twoDigits({ second: 'numeric' })],
  ['%b', part({ month: 'short' })],
  ['%B', part({ month: 'long' })],
  ['%a', part({ weekday: 'short' })],
  ['%A', part({ weekday: 'long' })],
  ['%%', () => '%'],
])

/**
 * Python's `strftime` in English and UTC, in so far as chat templates use it.
 *
 * @param nowMs milliseconds since the Unix epoch.
 * @throws ChatTemplateError for a directive that isn't known.
 */
export function strftime(nowMs: number, pattern: string): string {
  return pattern.replaceAll(/%./gs, (directive) => {
    const format = PARTS.get(directive)
    if (format === undefined)
      throw new ChatTemplateError(`strftime_now() knows ${[...PARTS.keys()].join(' ')}, not ${directive}`)
    return format(nowMs)
  })
}
