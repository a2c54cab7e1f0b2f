import t from 'tap'
import { frame, rowsBySession } from './fixtures/frames.ts'
import { plan, ToyNetwork } from './fixtures/toy-network.ts'

const QUICK = { drainIdleMs: 30 }
const ONE_ROW = frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1] }] })

t.test('lets answers end before it leaves, and takes no plans meanwhile', async (t) => {
  await using net = await ToyNetwork.start({ transport: 'memory', settings: QUICK })
  const { driver, next } = await net.formed()
  await driver.link.send(ONE_ROW)
  await next.until(() => next.hidden.length === 1)
  const drained = net.server.drain()
  await driver.link.send(plan({ request: 8, pipeline: 'late' }))
  t.match(await driver.next('error'), { request: 8, code: 'NODE_STOPPING' })
  await driver.link.send(frame({ rows: [{ session: 'a', position: 1, values: [2] }], close: ['a'] }))
  await driver.next('leaving')
  await drained
  t.equal(rowsBySession(next.hidden).get('a')?.length, 2)
  await driver.until(() => driver.isEnded)
  t.same(net.released, ['p/1'])
})

t.test('leaves at once if it serves nobody', async (t) => {
  await using net = await ToyNetwork.start({ transport: 'memory', settings: { drainIdleMs: 600_000 } })
  await net.server.drain()
  await t.rejects(net.dial(), { code: 'WIRE_DIAL_FAILED' })
})

t.test('leaves answers behind when the time is over, or when it is told to', async (t) => {
  for (const settings of [{ ...QUICK, drainMsMax: 40 }, QUICK]) {
    await using net = await ToyNetwork.start({ transport: 'memory', settings })
    const { driver, next } = await net.formed()
    await driver.link.send(ONE_ROW)
    await next.until(() => next.hidden.length === 1)
    const controller = new AbortController()
    const drained = net.server.drain({ signal: controller.signal })
    if (settings === QUICK) controller.abort()
    await driver.next('leaving')
    await drained
    t.equal(net.work.sessions.size, 0)
  }
})
