import { ManualClock } from '@shardline/core'
import t from 'tap'
import { watchLink } from '../src/liveness.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A watched link whose peer's signs of life the test gives. */
function startWatch(): {
  readonly clock: ManualClock
  readonly state: { heardMs: number; isPaused: boolean; pings: number; isSilent: boolean }
  readonly stop: () => void
  readonly pass: (ms: number, stepMs: number) => Promise<void>
} {
  const clock = new ManualClock(1000)
  const state = { heardMs: 1000, isPaused: false, pings: 0, isSilent: false }
  const controller = new AbortController()
  watchLink(
    {
      lastHeardMs: () => state.heardMs,
      isPaused: () => state.isPaused,
      ping: () => {
        state.pings += 1
      },
      excuse: () => {
        state.heardMs = clock.monotonic()
      },
      onSilent: () => {
        state.isSilent = true
      },
    },
    { clock, pingIntervalMs: 100, livenessMsMax: 450, signal: controller.signal },
  )
  const pass = async (ms: number, stepMs: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      clock.advance(stepMs)
      await settle()
    }
  }
  return { clock, state, stop: () => controller.abort(), pass }
}

t.test('pings at its interval, and reports silence after its limit', async (t) => {
  const { state, pass, stop } = startWatch()
  await pass(440, 10)
  t.equal(state.pings, 4)
  t.equal(state.isSilent, false)
  await pass(10, 10)
  t.equal(state.isSilent, true)
  stop()
})

t.test('counts silence from the last sign of life', async (t) => {
  const { clock, state, pass, stop } = startWatch()
  await pass(400, 10)
  state.heardMs = clock.monotonic()
  await pass(440, 10)
  t.equal(state.isSilent, false)
  await pass(10, 10)
  t.equal(state.isSilent, true)
  stop()
})

t.test('does not blame the peer while the link itself does not read', async (t) => {
  const { state, pass, stop } = startWatch()
  state.isPaused = true
  await pass(2000, 10)
  t.equal(state.isSilent, false)
  t.equal(state.pings, 20, 'and shows the peer that this side lives')
  state.isPaused = false
  await pass(100, 10)
  t.equal(state.isSilent, true)
  stop()
})

t.test('does not blame the peer when this process itself slept', async (t) => {
  const { state, pass, stop } = startWatch()
  await pass(100, 10)
  await pass(3_600_000, 3_600_000)
  t.equal(state.isSilent, false)
  await pass(500, 10)
  t.equal(state.isSilent, true)
  stop()
})

t.test('ends when it is told to', async (t) => {
  const { state, pass, stop } = startWatch()
  stop()
  await pass(1000, 10)
  t.equal(state.pings, 0)
  t.equal(state.isSilent, false)
})
