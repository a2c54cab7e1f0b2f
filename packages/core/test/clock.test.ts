import { getEventListeners } from 'node:events'
import t from 'tap'
import { ManualClock, systemClock } from '../src/index.ts'

t.test(
  'a manual clock wakes sleepers in the order of their time, and only those whose time has come',
  async (t) => {
    const clock = new ManualClock(100)
    const woken: string[] = []
    const sleep = (name: string, ms: number): Promise<void> =>
      clock.sleep(ms).then(() => void woken.push(name))
    const all = [sleep('late', 30), sleep('early', 10), sleep('never', 1000)]
    clock.advance(30)
    await Promise.all(all.slice(0, 2))
    t.same(woken, ['early', 'late'])
    t.equal(clock.now(), 130)
  },
)

for (const [name, clock] of [
  ['the manual clock', new ManualClock()],
  ['the system clock', systemClock],
] as const) {
  t.test(`${name} ends a sleep when its signal aborts, before or during it`, async (t) => {
    const during = new AbortController()
    const sleeping = clock.sleep(100_000, { signal: during.signal })
    during.abort()
    await t.rejects(sleeping, { code: 'CORE_ABORTED' })
    await t.rejects(clock.sleep(100_000, { signal: AbortSignal.abort() }), { code: 'CORE_ABORTED' })
  })
}

t.test('sleeping leaves no listener on the signal behind', async (t) => {
  const clock = new ManualClock()
  const { signal } = new AbortController()
  const sleeping = clock.sleep(1, { signal })
  t.equal(getEventListeners(signal, 'abort').length, 1)
  clock.advance(1)
  await sleeping
  t.equal(getEventListeners(signal, 'abort').length, 0)
})
