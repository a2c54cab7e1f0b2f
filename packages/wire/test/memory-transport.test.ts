import { ManualClock, silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { MemoryNetwork, MemoryTransport } from '../src/index.ts'
import { linkPair, take } from './compliance/link-pair.ts'
import { createMemoryFixture } from './compliance/memory-fixture.ts'
import { hiddenOf, numbered } from './compliance/sample-frames.ts'
import { transportCompliance } from './compliance/transport-compliance.ts'

t.test('without latency', async (t) => transportCompliance(t, createMemoryFixture))
t.test('with latency and a bandwidth', async (t) => {
  transportCompliance(t, () => createMemoryFixture({ latencyMs: 1, bytesPerSecond: 1e9 }))
})

t.test('hands messages over without a timer or a turn of the event loop', async (t) => {
  await using fixture = createMemoryFixture()
  await using pair = await linkPair(fixture)
  let turns = 0
  const immediate = setImmediate(() => {
    turns += 1
  })
  for (let i = 0; i < 100; i++) {
    await pair.near.send(numbered(i))
    t.strictSame(await take(pair.far, 1), [numbered(i)])
    await pair.far.send(numbered(i))
    await take(pair.near, 1)
  }
  t.equal(turns, 0)
  clearImmediate(immediate)
})

t.test('takes the latency and the time on the line', async (t) => {
  const clock = new ManualClock()
  const network = new MemoryNetwork({ clock }, { latencyMs: 10, bytesPerSecond: 1_000_000 })
  const transport = new MemoryTransport(
    { clock, log: silentLog, network },
    { self: { node: 'n', role: 'worker', software: 'test/1' } },
  )
  const arrivals: number[] = []
  await using listener = await transport.listen('memory:', async (link) => {
    for await (const _ of link.messages()) arrivals.push(clock.now())
  })
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const dialing = transport.dial(listener.address)
  for (let i = 0; i < 40; i++) {
    clock.advance(1)
    await settle()
  }
  const link = await dialing
  const sentAtMs = clock.now()
  void link.send(hiddenOf(new Float32Array(2500), 2500))
  void link.send(hiddenOf(new Float32Array(2500), 2500))
  for (let i = 0; i < 60; i++) {
    clock.advance(1)
    await settle()
  }
  t.strictSame(
    arrivals.map((ms) => ms - sentAtMs),
    [21, 31],
    '10 kB take 10 ms on the line, their headers a little more, and all take 10 ms to arrive',
  )
  const closing = link.close('done')
  for (let i = 0; i < 40; i++) {
    clock.advance(1)
    await settle()
  }
  await closing
})

t.test('names listeners that want no name of their own', async (t) => {
  const network = new MemoryNetwork({ clock: systemClock })
  t.equal(
    network.register('memory:1', () => undefined),
    'memory:1',
  )
  t.equal(
    network.register('memory:', () => undefined),
    'memory:2',
  )
})
