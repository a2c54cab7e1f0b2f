import t from 'tap'
import {
  formatNodeHours,
  isWithinHours,
  minuteOfDay,
  parseNodeHours,
  untilHoursChange,
} from '../../src/node/node-hours.ts'

t.test('reads hours, with and without minutes, over midnight too', async (t) => {
  t.strictSame(parseNodeHours('22-7'), { fromMinute: 1320, toMinute: 420 })
  t.strictSame(parseNodeHours(' 8:30-12:05 '), { fromMinute: 510, toMinute: 725 })
  t.strictSame(parseNodeHours('18-24'), { fromMinute: 1080, toMinute: 0 })
  t.equal(formatNodeHours({ fromMinute: 1350, toMinute: 435 }), '22:30-07:15')
})

t.test('refuses what is no time of a day, or no time at all', async (t) => {
  for (const text of ['', '22', '22-', '-7', '25-7', '22-7:60', '24:01-7', '8-8', '0-24', 'ten-six', '1-2-3'])
    t.equal(parseNodeHours(text), undefined, text)
})

t.test('tells for every minute of a day whether it lies within', async (t) => {
  const day = Array.from({ length: 1440 }, (_, minute) => minute)
  const night = { fromMinute: 1320, toMinute: 420 }
  t.strictSame(
    day.filter((minute) => isWithinHours(night, minute)),
    day.filter((minute) => minute >= 1320 || minute < 420),
  )
  const morning = { fromMinute: 420, toMinute: 720 }
  t.strictSame(
    day.filter((minute) => isWithinHours(morning, minute)),
    day.slice(420, 720),
  )
})

t.test('tells how long they last, or when they begin', async (t) => {
  // Any whole hour will do: the test holds in every time zone whose offset is one of quarters of an hour.
  const nowMs = 1_800_000_000_000
  const minute = minuteOfDay(nowMs)
  const at = (minutes: number): number => (minute + minutes + 1440) % 1440
  t.equal(untilHoursChange({ fromMinute: at(-10), toMinute: at(20) }, nowMs), 20 * 60_000)
  t.equal(untilHoursChange({ fromMinute: at(30), toMinute: at(60) }, nowMs), 30 * 60_000)
  t.equal(untilHoursChange({ fromMinute: at(30), toMinute: at(60) }, nowMs + 5000), 30 * 60_000 - 5000)
  t.equal(minuteOfDay(nowMs + 60_000), at(1))
})
