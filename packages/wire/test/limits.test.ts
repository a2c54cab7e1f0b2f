import { InvalidValueError } from '@shardline/core'
import t from 'tap'
import { resolveLimits, ROWS_PER_FRAME_MAX, WIRE_LIMITS_DEFAULT } from '../src/index.ts'

t.test('fills what is left out, or undefined, with the defaults', async (t) => {
  t.strictSame(resolveLimits(), WIRE_LIMITS_DEFAULT)
  const limits = resolveLimits({ closeMsMax: 7, pingIntervalMs: undefined } as Parameters<
    typeof resolveLimits
  >[0])
  t.strictSame(limits, { ...WIRE_LIMITS_DEFAULT, closeMsMax: 7 })
})

t.test('refuses limits that are no whole numbers, too high, or contradict each other', async (t) => {
  for (const value of [0, -1, 1.5, NaN, Infinity, 2 ** 31]) {
    t.throws(() => resolveLimits({ closeMsMax: value }), InvalidValueError, String(value))
  }
  t.throws(() => resolveLimits({ rowsPerFrameMax: ROWS_PER_FRAME_MAX + 1 }), InvalidValueError)
  t.throws(() => resolveLimits({ headerBytesMax: 2048, frameBytesMax: 1024 }), InvalidValueError)
  t.throws(() => resolveLimits({ sendBufferLowBytes: 3, sendBufferHighBytes: 2 }), InvalidValueError)
  t.throws(() => resolveLimits({ pingIntervalMs: 50_000 }), InvalidValueError)
})
