import { setTimeout as sleep } from 'node:timers/promises'
import { ManualClock } from '@shardline/core'
import t from 'tap'
import { frame, rowsBySession } from './fixtures/frames.ts'
import { plan, ToyNetwork } from './fixtures/toy-network.ts'
import type { Talker } from './fixtures/toy-network.ts'

const reform = (request: number, epoch: number, next: string | null) =>
  ({ kind: 'reform', request, pipeline: 'p', epoch, next }) as const

/** Codes of the errors that answer requests, by request. */
function answersOf(driver: Talker): ReadonlyMap<number, string> {
  const answers = new Map<number, string>()
  for (const message of driver.received) {
    if (message.kind === 'error' && message.request !== null) answers.set(message.request, message.code)
  }
  return answers
}

for (const transport of ['memory', 'websocket'] as const) {
  const nowhere = transport === 'memory' ? 'memory:nowhere' : 'ws://127.0.0.1:9'

  t.test(`over ${transport}`, async (t) => {
    t.test('answers join by where its sessions stand, once that epoch is in force', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const before = await net.dial('w0')
      await before.link.send({ kind: 'join', pipeline: 'p', epoch: 1 })
      await before.link.send({ kind: 'describe', request: 1 })
      await before.next('description')
      t.equal(before.received.length, 1, 'nothing is planned yet')
      const driver = await net.dial()
      const { address, link } = await net.listenAsNext()
      await driver.link.send(plan({ next: address }))
      const next = await link
      t.same(await before.next('standing'), { kind: 'standing', pipeline: 'p', epoch: 1, sessions: [] })
      await before.link.send(
        frame({ open: ['a', 'b'], rows: [{ session: 'a', turn: 2, position: 0, values: [1, 2, 3] }] }),
      )
      await next.until(() => next.hidden.length === 1)
      await before.link.send({ kind: 'join', pipeline: 'p', epoch: 2 })
      await driver.link.send(reform(5, 2, address))
      const sessions = [
        { session: 'a', turn: 2, length: 3 },
        { session: 'b', turn: 0, length: 0 },
      ]
      t.same(await before.next('standing', 1), { kind: 'standing', pipeline: 'p', epoch: 2, sessions })
    })

    t.test('keeps the link to the same next stage, and sends nothing before it stands', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const driver = await net.dial()
      const { address, link } = await net.listenAsNext()
      await driver.link.send(plan({ next: address }))
      await driver.next('ready')
      const next = await link
      await driver.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1, 2] }] }))
      await next.until(() => next.hidden.length === 1)
      next.standing = undefined
      await driver.link.send(reform(2, 2, address))
      t.match(await next.next('join', 1), { pipeline: 'p', epoch: 2 })
      await driver.link.send(frame({ epoch: 2, rows: [{ session: 'a', position: 2, values: [3] }] }))
      while (net.server.counters.rows < 3) await sleep(1)
      t.equal(next.hidden.length, 1, 'computed, but not sent')
      const sessions = [{ session: 'a', turn: 0, length: 1 }]
      await next.link.send({ kind: 'standing', pipeline: 'p', epoch: 2, sessions })
      t.match(await driver.next('reformed'), {
        request: 2,
        epoch: 2,
        sessions: [{ session: 'a', length: 2 }],
      })
      await next.until(() => rowsBySession(next.hidden).get('a')?.length === 3)
      t.same(rowsBySession(next.hidden).get('a'), [2, 5, 9])
      t.equal(next.hidden.slice(1).flatMap(({ segments }) => segments).length, 2, 'two rows were lacking')
    })

    t.test('says what is wrong with the next stage, keeps its sessions, and tries again', async (t) => {
      const clock = new ManualClock()
      await using net = await ToyNetwork.start({ transport, clock, settings: { nextStandingMsMax: 50 } })
      const { driver, next } = await net.formed()
      await driver.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1, 2] }] }))
      await next.until(() => next.hidden.length === 1)
      await driver.link.send(reform(2, 2, nowhere))
      await driver.until(() => answersOf(driver).has(2))
      await next.until(() => next.isEnded)
      const mute = await net.listenAsNext('mute', [])
      const joined = mute.link.then((talker) => {
        talker.standing = undefined
        return talker.next('join')
      })
      await driver.link.send(reform(3, 3, mute.address))
      await joined
      clock.advance(50)
      await driver.until(() => answersOf(driver).has(3))
      const rude = await net.listenAsNext('rude', [])
      void rude.link.then((talker) => {
        talker.standing = undefined
        return talker.link.close('no')
      })
      await driver.link.send(reform(4, 4, rude.address))
      await driver.until(() => answersOf(driver).has(4))
      t.same(
        [...answersOf(driver)],
        [
          [2, 'NODE_NEXT_UNREACHABLE'],
          [3, 'NODE_NEXT_SILENT'],
          [4, 'NODE_NEXT_LOST'],
        ],
      )
      t.ok(driver.received.every((message) => message.kind !== 'error' || !message.isFatal))
      const good = await net.listenAsNext('good')
      await driver.link.send(reform(5, 5, good.address))
      await driver.next('reformed')
      const talker = await good.link
      await talker.until(() => rowsBySession(talker.hidden).get('a')?.length === 2)
      t.same(rowsBySession(talker.hidden).get('a'), [2, 5])
    })

    t.test('a later reform gives up the one that waits', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const { driver } = await net.formed()
      const mute = await net.listenAsNext('mute', [])
      const joined = mute.link.then((talker) => {
        talker.standing = undefined
        return talker.next('join')
      })
      await driver.link.send(reform(2, 2, mute.address))
      await joined
      const good = await net.listenAsNext('good')
      await driver.link.send(reform(3, 3, good.address))
      t.match(await driver.next('reformed'), { request: 3, epoch: 3 })
      t.equal(answersOf(driver).get(2), 'NODE_REFORM_STALE')
      const left = await mute.link
      await left.until(() => left.isEnded)
    })

    t.test('refuses a reform that does not follow, or changes where results go', async (t) => {
      await using net = await ToyNetwork.start({ transport })
      const { driver } = await net.formed({ epoch: 4 })
      await driver.link.send(reform(2, 4, nowhere))
      await driver.link.send(reform(3, 5, null))
      await driver.link.send({ ...reform(4, 5, nowhere), pipeline: 'ghost' })
      const rival = await net.dial('rival')
      await rival.link.send(reform(5, 5, nowhere))
      await driver.until(() => answersOf(driver).size === 3)
      t.same(
        [...answersOf(driver).values()],
        ['NODE_REFORM_STALE', 'NODE_PLAN_REFUSED', 'NODE_PIPELINE_UNKNOWN'],
      )
      t.match(await rival.next('error'), { request: 5, code: 'NODE_PIPELINE_TAKEN' })
    })
  })
}

t.test('forgets rows that wait, and takes them again from a new feeder', async (t) => {
  await using net = await ToyNetwork.start({ transport: 'memory' })
  const driver = await net.dial()
  const { address } = await net.listenAsNext()
  await driver.link.send(plan({ next: address }))
  await driver.next('ready')
  const old = await net.dial('old')
  await old.link.send({ kind: 'join', pipeline: 'p', epoch: 1 })
  await old.next('standing')
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  net.work.beforeRun = () => held
  await old.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }))
  await old.link.send(frame({ rows: [{ session: 'a', position: 1, values: [2] }] }))
  await old.link.send(frame({ open: ['b'], close: ['a'] }))
  await driver.link.send(reform(2, 2, address))
  while (net.server.counters.framesIn < 3) await sleep(1)
  release()
  const fresh = await net.dial('fresh')
  await fresh.link.send({ kind: 'join', pipeline: 'p', epoch: 2 })
  t.same((await fresh.next('standing')).sessions, [{ session: 'a', turn: 0, length: 1 }])
  await old.link.send(frame({ rows: [{ session: 'a', position: 1, values: [90] }] }))
  await old.link.send(frame({ epoch: 2, rows: [{ session: 'a', position: 1, values: [91] }] }))
  t.match(await old.next('error'), { code: 'NODE_NOT_JOINED' })
  await fresh.link.send(frame({ epoch: 2, open: ['a'], rows: [{ session: 'a', position: 1, values: [2] }] }))
  while (net.server.counters.rows < 2) await sleep(1)
  t.same(
    net.work.runs.map(({ hidden }) => hidden[0]),
    [1, 2],
  )
  t.same(driver.errors, [], 'an opening that is repeated is no other session')
  t.equal(net.server.counters.staleFrames, 1)
})

t.test('rows that had to make place end their sessions by name, and no others', async (t) => {
  const rowBytes = 3 * 4
  await using net = await ToyNetwork.start({
    transport: 'memory',
    settings: { replayBytesMax: 10 * rowBytes },
  })
  const { driver, next } = await net.formed()
  const values = Array.from({ length: 6 }, (_, i) => i)
  await driver.link.send(frame({ open: ['a', 'b'], rows: [{ session: 'a', position: 0, values }] }))
  await driver.link.send(frame({ rows: [{ session: 'b', position: 0, values }] }))
  await next.until(() => rowsBySession(next.hidden).get('b')?.length === 6)
  const other = await net.listenAsNext('other')
  await driver.link.send(reform(2, 2, other.address))
  await driver.next('reformed')
  t.match(await driver.next('error'), {
    code: 'NODE_REPLAY_MISSING',
    pipeline: 'p',
    sessions: ['a'],
    isFatal: false,
    request: null,
  })
  const after = await other.link
  await after.until(() => rowsBySession(after.hidden).get('b')?.length === 6)
  await driver.link.send(frame({ epoch: 2, rows: [{ session: 'a', position: 6, values: [1] }] }))
  await driver.link.send(frame({ epoch: 2, rows: [{ session: 'b', position: 6, values: [1] }] }))
  await after.until(() => rowsBySession(after.hidden).get('b')?.length === 7)
  await driver.link.send(frame({ epoch: 2, close: ['a', 'ghost'] }))
  await after.until(() => after.hidden.some(({ close }) => close.includes('ghost')))
  t.notOk(rowsBySession(after.hidden).has('a'), 'nothing of it was sent')
  t.equal(driver.errors.length, 1, 'told once')
  t.ok(after.hidden.some(({ close }) => close.includes('a')))
})

t.test('a session that was cut is still given to a stage that has its first rows', async (t) => {
  await using net = await ToyNetwork.start({ transport: 'memory', settings: { replayBytesMax: 120 } })
  const { driver, next } = await net.formed()
  for (let i = 0; i < 15; i++) {
    const open = i === 0 ? ['a'] : []
    await driver.link.send(frame({ open, rows: [{ session: 'a', position: i, values: [1] }] }))
  }
  await next.until(() => rowsBySession(next.hidden).get('a')?.length === 15)
  const sessions = [{ session: 'a', turn: 0, length: 13 }]
  const other = await net.listenAsNext('other', sessions)
  await driver.link.send(reform(2, 2, other.address))
  await driver.next('reformed')
  const after = await other.link
  await after.until(() =>
    after.hidden.some(({ segments }) => segments.some(({ position }) => position === 14)),
  )
  t.same(driver.errors, [])
})

t.test('without a way on it stops before the rows that are to be sent have to make place', async (t) => {
  const settings = { replayBytesMax: 4000, rowsPerRunMax: 8 }
  await using net = await ToyNetwork.start({ transport: 'memory', settings })
  const { driver, next } = await net.formed()
  await driver.link.send(
    frame({ open: ['a'], capacity: 600, rows: [{ session: 'a', position: 0, values: [1] }] }),
  )
  await next.until(() => next.hidden.length === 1)
  await next.link.close('crash')
  t.match(await driver.next('error'), { code: 'NODE_NEXT_LOST', isFatal: true })
  const values = Array.from({ length: 500 }, () => 0)
  await driver.link.send(frame({ rows: [{ session: 'a', position: 1, values }] }))
  while (net.server.counters.rows < 200) await sleep(1)
  await sleep(20)
  t.ok(net.server.counters.rows < 300, `${net.server.counters.rows} of 501 rows were computed`)
  const other = await net.listenAsNext('other')
  await driver.link.send(reform(2, 2, other.address))
  const { sessions } = await driver.next('reformed')
  const length = sessions[0]?.length ?? 0
  const after = await other.link
  await after.until(() => rowsBySession(after.hidden).get('a')?.length === length)
  t.same(
    driver.errors.map(({ code }) => code),
    ['NODE_NEXT_LOST'],
  )
})

t.test('a stage without a next one is formed anew in place', async (t) => {
  await using net = await ToyNetwork.start({ transport: 'memory' })
  const driver = await net.dial()
  await driver.link.send(plan())
  await driver.next('ready')
  await driver.link.send(frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] }))
  await driver.next('hidden')
  await driver.link.send(reform(2, 2, null))
  t.match(await driver.next('reformed'), { sessions: [{ session: 'a', turn: 0, length: 1 }] })
  await driver.link.send(frame({ epoch: 2, rows: [{ session: 'a', position: 1, values: [1] }] }))
  t.match(await driver.next('hidden', 1), { epoch: 2 })
})
