import { InvalidValueError } from '@shardline/core'
import t from 'tap'
import { RELAY_LIMITS_DEFAULT, resolveRelayLimits } from '../../src/index.ts'

t.test('fills what is left out with the defaults', async (t) => {
  t.strictSame(resolveRelayLimits(), RELAY_LIMITS_DEFAULT)
  t.strictSame(resolveRelayLimits({ pipesMax: 7 }), { ...RELAY_LIMITS_DEFAULT, pipesMax: 7 })
})

t.test('refuses limits that are no whole numbers, too high, or contradict each other', async (t) => {
  for (const value of [0, -1, 1.5, NaN, Infinity, 2 ** 31]) {
    t.throws(() => resolveRelayLimits({ pipesMax: value }), InvalidValueError, String(value))
  }
  t.throws(() => resolveRelayLimits({ pipeLowBytes: 2, pipeHighBytes: 1 }), InvalidValueError)
})
