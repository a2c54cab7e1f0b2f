import { ManualClock } from '@shardline/core'
import type { Message } from '@shardline/wire'
import t from 'tap'
import { ClientOutbox } from '../../src/service/client-outbox.ts'
import { ClientSlowError } from '../../src/service/service-errors.ts'

const MS_MAX = 10_000
const message: Message = { kind: 'leaving', reason: 'test' }

/** A client that takes messages when told to. */
class Client {
  readonly clock = new ManualClock()
  readonly #takes: (() => void)[] = []
  #leave: () => void = () => undefined
  readonly closed = new Promise<void>((resolve) => {
    this.#leave = resolve
  })
  readonly outbox = new ClientOutbox(
    {
      clock: this.clock,
      link: { closed: this.closed, send: () => new Promise((resolve) => this.#takes.push(resolve)) },
    },
    MS_MAX,
  )

  /** Takes the oldest message. */
  take(): void {
    this.#takes.shift()?.()
  }

  leave(): void {
    this.#leave()
  }

  /** Time passes, and what waits for it goes on. */
  async wait(ms: number): Promise<void> {
    this.clock.advance(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** How it stands: undefined while it waits, or the code of its failure, or 'sent'. */
function outcomeOf(sending: Promise<void>): { readonly now: () => string | undefined } {
  let outcome: string | undefined
  sending.then(
    () => (outcome = 'sent'),
    (cause: unknown) => (outcome = cause instanceof ClientSlowError ? cause.code : String(cause)),
  )
  return { now: () => outcome }
}

t.test('waits for a client that takes messages in time, however long all of them take', async (t) => {
  const client = new Client()
  for (let round = 0; round < 5; round++) {
    const sending = outcomeOf(client.outbox.send(message))
    await client.wait(MS_MAX - 1)
    t.equal(sending.now(), undefined)
    client.take()
    await client.wait(0)
    t.equal(sending.now(), 'sent')
  }
})

t.test('fails each message at its own time', async (t) => {
  const client = new Client()
  const first = outcomeOf(client.outbox.send(message))
  await client.wait(6_000)
  const second = outcomeOf(client.outbox.send(message))
  const third = outcomeOf(client.outbox.send(message))
  await client.wait(4_000)
  t.strictSame([first.now(), second.now()], ['DRIVER_CLIENT_SLOW', undefined])
  client.take()
  client.take()
  await client.wait(6_000)
  t.strictSame([second.now(), third.now()], ['sent', 'DRIVER_CLIENT_SLOW'])
})

t.test('fails with what the link fails with', async (t) => {
  const link = { closed: new Promise<void>(() => undefined), send: () => Promise.reject(new Error('gone')) }
  const outbox = new ClientOutbox({ clock: new ManualClock(), link }, MS_MAX)
  await t.rejects(outbox.send(message), { message: 'gone' })
})

t.test('watches no more when the link is gone', async (t) => {
  const client = new Client()
  const sending = outcomeOf(client.outbox.send(message))
  client.leave()
  await client.wait(2 * MS_MAX)
  t.equal(sending.now(), undefined, 'the link says what becomes of it')
  client.take()
  await client.wait(0)
  t.equal(sending.now(), 'sent')
})
