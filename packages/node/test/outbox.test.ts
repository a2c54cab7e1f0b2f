import type { Message } from '@shardline/wire'
import t from 'tap'
import { Outbox } from '../src/outbox.ts'

const leaving = (reason: string): Message => ({ kind: 'leaving', reason })

/** A sink whose sends wait until they are let go, first come first go. */
function slowSink() {
  const sent: Message[] = []
  const waiting: (() => void)[] = []
  return {
    sent,
    letGo: () => waiting.shift()?.(),
    send: (message: Message) => {
      sent.push(message)
      return new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
    },
  }
}

t.test(
  'hands messages over at once and in order, and tells when it is full and when it has room',
  async (t) => {
    const sink = slowSink()
    let rooms = 0
    const outbox = new Outbox(sink, {
      messagesMax: 2,
      onRoom: () => (rooms += 1),
      onFailure: () => t.fail('nothing fails'),
    })
    outbox.post(leaving('1'))
    t.equal(outbox.isCongested, false)
    t.equal(outbox.room(), undefined)
    outbox.post(leaving('2'))
    t.equal(outbox.isCongested, true)
    t.same(sink.sent, [leaving('1'), leaving('2')])
    const room = outbox.room()
    sink.letGo()
    await room
    t.equal(outbox.isCongested, false)
    t.equal(rooms, 1)
  },
)

t.test('counts a failed send as settled and reports it, also one that throws at once', async (t) => {
  const failures: string[] = []
  const sink = {
    send: (message: Message): Promise<void> => {
      if (message.kind === 'leaving' && message.reason === 'throws') throw new Error('thrown')
      return Promise.reject(new Error('rejected'))
    },
  }
  const outbox = new Outbox(sink, {
    messagesMax: 1,
    onRoom: () => undefined,
    onFailure: (cause) => failures.push(String(cause)),
  })
  outbox.post(leaving('throws'))
  await outbox.room()
  outbox.post(leaving('rejects'))
  await outbox.room()
  t.same(failures, ['Error: thrown', 'Error: rejected'])
})
