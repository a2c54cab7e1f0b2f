import { AbortedError, ManualClock } from '@shardline/core'
import t from 'tap'
import { NextSilentError } from '../src/errors.ts'
import { within } from '../src/within.ts'

function fixture() {
  const clock = new ManualClock()
  const giveUp = new AbortController()
  const onLate = (): NextSilentError =>
    new NextSilentError({ pipeline: 'p', address: 'memory:x', waitMsMax: 100 })
  const limit = { clock, waitMsMax: 100, signal: giveUp.signal, onLate }
  /** Work that ends only when it is told to. */
  const endless = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new AbortedError('the work')))
    })
  return { clock, giveUp, limit, endless }
}

t.test('gives what the work gives, in time', async (t) => {
  const { limit } = fixture()
  t.equal(await within(limit, async () => 5), 5)
  await t.rejects(
    within(limit, () => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  )
})

t.test('ends work that takes too long, and says so by name', async (t) => {
  const { clock, limit, endless } = fixture()
  const late = within(limit, endless)
  clock.advance(100)
  await t.rejects(late, { code: 'NODE_NEXT_SILENT' })
})

t.test('work that is given up is not late', async (t) => {
  const { giveUp, limit, endless } = fixture()
  const left = within(limit, endless)
  giveUp.abort()
  await t.rejects(left, { code: 'CORE_ABORTED' })
})
