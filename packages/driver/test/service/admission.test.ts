import t from 'tap'
import { ManualClock } from '@shardline/core'
import { Admission } from '../../src/service/admission.ts'
import { AskIds } from '../../src/service/ask-ids.ts'

const init = {
  answersOpenMax: 6,
  answersPerNetworkMax: 5,
  answersPerIdentityMax: 4,
  answersPerLinkMax: 3,
  answersRunningMax: 2,
}

t.test('counts by link, by identity and in all, and gives room back', async (t) => {
  const admission = new Admission(init)
  const onFirst = { link: 'l1', network: 'a', identity: 'a' }
  const taken = [1, 2, 3].map(() => admission.admit(onFirst))
  t.throws(() => admission.admit(onFirst), { code: 'DRIVER_ASKS_TOO_MANY', details: { whose: 'link' } })
  const onSecond = { link: 'l2', network: 'a', identity: 'a' }
  taken.push(admission.admit(onSecond))
  t.throws(() => admission.admit(onSecond), { code: 'DRIVER_ASKS_TOO_MANY', details: { whose: 'identity' } })
  const other = admission.admit({ link: 'l3', network: 'b', identity: 'b' })
  t.throws(() => other.grow(2), { code: 'DRIVER_SERVICE_BUSY', retryAfterMs: Number, retryable: true })
  other.grow(1)
  t.equal(admission.open, 6)
  other.release()
  other.release()
  for (const one of taken) one.release()
  t.equal(admission.open, 0)
  admission.admit(onFirst).release()
})

t.test('counts all identities of one network together', async (t) => {
  const admission = new Admission(init)
  const from = (name: string, network: string) => ({ link: name, network, identity: name })
  const taken = ['a', 'b', 'c', 'd', 'e'].map((name) => admission.admit(from(name, 'n')))
  t.throws(() => admission.admit(from('f', 'n')), {
    code: 'DRIVER_ASKS_TOO_MANY',
    details: { whose: 'network' },
  })
  admission.admit(from('g', 'elsewhere')).release()
  for (const one of taken) one.release()
  admission.admit(from('f', 'n')).release()
  t.equal(admission.open, 0)
})

t.test('says to come later when answers take longer and more are open', async (t) => {
  const admission = new Admission(init)
  const waitMs = (): number => {
    const all = [1, 2].flatMap((n) =>
      [0, 1, 2].map(() => admission.admit({ link: `l${n}`, network: `${n}`, identity: `${n}` })),
    )
    let retryAfterMs = 0
    try {
      admission.admit({ link: 'l9', network: '9', identity: '9' })
    } catch (cause) {
      retryAfterMs = (cause as { retryAfterMs: number }).retryAfterMs
    }
    for (const one of all) one.release()
    return retryAfterMs
  }
  const early = waitMs()
  for (let i = 0; i < 50; i++) admission.learn(8_000)
  t.ok(waitMs() > early)
  for (let i = 0; i < 50; i++) admission.learn(1e9)
  t.equal(waitMs(), 60_000, 'but never very long')
})

t.test('an id counts once, until its ask could not be opened any more', async (t) => {
  const clock = new ManualClock(10_000)
  const ids = new AskIds(clock, { idsMax: 3, idsPerOwnerMax: 2 })
  ids.remember('x', 'a', 12_000)
  t.throws(() => ids.remember('x', 'b', 12_000), { code: 'DRIVER_ASK_REPLAYED' })
  ids.remember('y', 'a', 20_000)
  t.throws(() => ids.remember('z', 'a', 20_000), { code: 'DRIVER_ASKS_TOO_MANY' })
  ids.remember('z', 'b', 20_000)
  t.throws(() => ids.remember('u', 'c', 20_000), { code: 'DRIVER_SERVICE_BUSY' })
  clock.advance(2_500)
  ids.remember('u', 'c', 20_000)
  t.throws(
    () => ids.remember('y', 'c', 20_000),
    { code: 'DRIVER_ASK_REPLAYED' },
    'nothing is forgotten too early',
  )
})
