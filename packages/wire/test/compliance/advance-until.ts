import { setTimeout as sleep } from 'node:timers/promises'
import type { ManualClock, Milliseconds } from '@shardline/core'

/** Moves a clock on in steps, with time for what the system carries between them, until something has happened. */
export async function advanceUntil<T>(
  clock: ManualClock,
  stepMs: Milliseconds,
  happening: Promise<T>,
): Promise<T> {
  let isOver = false
  const end = (): void => {
    isOver = true
  }
  happening.then(end, end)
  while (!isOver) {
    clock.advance(stepMs)
    await sleep(1)
  }
  return happening
}
