import { systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import t from 'tap'
import { waitUntilIdle } from '../src/wait-until-idle.ts'

/** Time passes by sleeping alone, so that every look comes when it is meant to. */
function sleepingClock(): Clock {
  let nowMs = 0
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: async (waitMs) => {
      nowMs += waitMs
    },
  }
}

t.test('waits for a moment of idleness that is long enough', async (t) => {
  let looks = 0
  // Busy at the 1st, 4th and 7th look: the moments between are too short.
  const isIdle = (): boolean => (looks++, looks > 7 || looks % 3 !== 1)
  const clock = sleepingClock()
  t.equal(await waitUntilIdle({ clock, isIdle }, { idleMs: 50, waitMsMax: 10_000 }), true)
  t.ok(looks > 7 + 5, `${looks} looks`)
})

t.test('gives up when the time is over', async (t) => {
  const clock = sleepingClock()
  t.equal(await waitUntilIdle({ clock, isIdle: () => false }, { idleMs: 10, waitMsMax: 30 }), false)
  t.equal(clock.monotonic(), 30)
})

t.test('gives up when it is told to', async (t) => {
  const controller = new AbortController()
  const waiting = waitUntilIdle(
    { clock: systemClock, isIdle: () => false },
    { idleMs: 10, waitMsMax: 600_000, signal: controller.signal },
  )
  controller.abort()
  t.equal(await waiting, false)
})
