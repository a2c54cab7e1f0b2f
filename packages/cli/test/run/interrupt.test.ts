import { EventEmitter } from 'node:events'
import t from 'tap'
import { keyMessage } from '../../src/cluster/role-message.ts'
import { Supervised } from '../../src/cluster/supervised.ts'
import { InterruptedError } from '../../src/errors.ts'
import { Interrupt } from '../../src/run/interrupt.ts'

function fixture(isSupervised = false): { source: EventEmitter; exits: number[]; interrupt: Interrupt } {
  const source = new EventEmitter()
  const exits: number[] = []
  const interrupt = new Interrupt({ source, isSupervised, exit: (code) => exits.push(code) })
  return { source, exits, interrupt }
}

t.test('the first signal asks for a clean end, the second ends at once', async (t) => {
  const { source, exits, interrupt } = fixture()
  source.emit('SIGINT')
  t.ok(interrupt.signal.aborted)
  t.match(interrupt.signal.reason, { code: 'CLI_INTERRUPTED', exitCode: 130 })
  t.ok(interrupt.signal.reason instanceof InterruptedError)
  t.same(exits, [])
  source.emit('SIGINT')
  t.same(exits, [130])
})

t.test('SIGTERM and SIGHUP have codes of their own', async (t) => {
  const terminated = fixture()
  terminated.source.emit('SIGTERM')
  t.match(terminated.interrupt.signal.reason, { exitCode: 143 })
  const hungUp = fixture()
  hungUp.source.emit('SIGHUP')
  t.match(hungUp.interrupt.signal.reason, { exitCode: 129 })
})

t.test('who has a better use for ^C gets it first', async (t) => {
  const { source, interrupt } = fixture()
  let isUsed = true
  interrupt.intercept(() => isUsed)
  source.emit('SIGINT')
  t.notOk(interrupt.signal.aborted)
  isUsed = false
  source.emit('SIGINT')
  t.ok(interrupt.signal.aborted)
})

t.test('a supervised process leaves ^C to the one that started it', async (t) => {
  const { source, interrupt } = fixture(true)
  source.emit('SIGINT')
  t.notOk(interrupt.signal.aborted)
  source.emit('SIGTERM')
  t.ok(interrupt.signal.aborted)
  interrupt.close()
  t.equal(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM'), 0)
})

function channelFixture(connected = true) {
  const sent: unknown[] = []
  const channel = Object.assign(new EventEmitter(), {
    connected,
    send: (message: unknown, done: () => void) => {
      sent.push(message)
      done()
    },
  })
  return { channel, sent }
}

t.test('a role ends with the process that started it', async (t) => {
  for (const how of ['stop', 'disconnect'] as const) {
    const { interrupt, exits } = fixture(true)
    const { channel, sent } = channelFixture()
    const supervised = new Supervised({
      channel,
      interrupt,
      exit: (code) => exits.push(code),
      orphanMsMax: 5,
    })
    await supervised.ready('ws://127.0.0.1:1')
    t.same(sent, [{ kind: 'ready', address: 'ws://127.0.0.1:1' }])
    channel.emit('message', { kind: 'nonsense' })
    t.notOk(interrupt.signal.aborted)
    if (how === 'stop') channel.emit('message', { kind: 'stop' })
    else channel.emit('disconnect')
    t.ok(interrupt.signal.aborted, how)
    t.notOk(interrupt.signal.reason instanceof InterruptedError, 'it is no failure')
    await new Promise((resolve) => {
      setTimeout(resolve, 30)
    })
    t.same(exits, [1], 'a clean end that takes too long is forced')
  }
})

t.test('a role is who the process that started it says', async (t) => {
  const { interrupt } = fixture(true)
  const { channel } = channelFixture()
  const supervised = new Supervised({ channel, interrupt, exit: () => undefined })
  const seed = new Uint8Array(32).fill(7)
  channel.emit('message', { kind: 'key', seed: 7, allow: [] })
  channel.emit('message', JSON.parse(JSON.stringify(keyMessage({ seed, allow: ['one', 'other'] }))))
  const given = await supervised.key
  t.same([...given.seed], [...seed])
  t.same(given.allow, ['one', 'other'])
})

t.test('a role whose starter died before it listened ends too', async (t) => {
  const { interrupt } = fixture(true)
  const { channel, sent } = channelFixture(false)
  const supervised = new Supervised({ channel, interrupt, exit: () => undefined })
  t.ok(interrupt.signal.aborted)
  await supervised.ready('ws://127.0.0.1:1')
  t.same(sent, [], 'there is nobody to tell')
})
