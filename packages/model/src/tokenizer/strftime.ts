import { ChatTemplateError } from '../errors.ts'

type Part = (time: Date) => string

const two = (value: number): string => String(value).padStart(2, '0')
const name = (options: Intl.DateTimeFormatOptions): Part => {
  const format = new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' })
  return (time) => format.format(time)
}

const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['%Y', (time) => String(time.getUTCFullYear())],
  ['%m', (time) => two(time.getUTCMonth() + 1)],
  ['%d', (time) => two(time.getUTCDate())],
  ['%H', (time) => two(time.getUTCHours())],
  ['%M', (time) => two(time.getUTCMinutes())],
  ['%S', (time) => two(time.getUTCSeconds())],
  ['%b', name({ month: 'short' })],
  ['%B', name({ month: 'long' })],
  ['%a', name({ weekday: 'short' })],
  ['%A', name({ weekday: 'long' })],
  ['%%', () => '%'],
])

/**
 * Python's `strftime` in English and UTC, in so far as chat templates use it.
 *
 * @param nowMs milliseconds since the Unix epoch.
 * @throws ChatTemplateError for a directive that isn't known.
 */
export function strftime(nowMs: number, format: string): string {
  const time = new Date(nowMs)
  return format.replaceAll(/%./gs, (directive) => {
    const part = PARTS.get(directive)
    if (part === undefined)
      throw new ChatTemplateError(`strftime_now() knows ${[...PARTS.keys()].join(' ')}, not ${directive}`)
    return part(time)
  })
}
