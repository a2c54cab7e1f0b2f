import t from 'tap'
import { LinkClosedError } from '../src/index.ts'
import { Inbox } from '../src/inbox.ts'
import { numbered } from './compliance/sample-frames.ts'

t.test('is full at its limit of messages, and has room when half of them are taken', async (t) => {
  let rooms = 0
  const inbox = new Inbox({ entriesMax: 4, bytesMax: 1000, onRoom: () => (rooms += 1) })
  t.strictSame(
    [1, 2, 3, 4].map((n) => inbox.put(numbered(n), 1)),
    [false, false, false, true],
  )
  await inbox.next()
  t.equal(rooms, 0)
  await inbox.next()
  t.equal(rooms, 1)
  await inbox.next()
  t.equal(rooms, 1)
})

t.test('is full at its limit of bytes', async (t) => {
  let rooms = 0
  const inbox = new Inbox({ entriesMax: 100, bytesMax: 1000, onRoom: () => (rooms += 1) })
  t.equal(inbox.put(numbered(1), 999), false)
  t.equal(inbox.put(numbered(2), 1), true)
  await inbox.next()
  t.equal(rooms, 1)
})

t.test('hands a message straight to a consumer that waits', async (t) => {
  const inbox = new Inbox({ entriesMax: 1, bytesMax: 1, onRoom: () => undefined })
  const waiting = inbox.next()
  t.equal(inbox.put(numbered(1), 10), false, 'it never fills the inbox')
  t.strictSame(await waiting, { value: numbered(1), done: false })
})

t.test('throws its failure once, after what it holds, and is then at its end', async (t) => {
  const inbox = new Inbox({ entriesMax: 4, bytesMax: 1000, onRoom: () => undefined })
  inbox.put(numbered(1), 1)
  inbox.end(new LinkClosedError('somewhere', 'lost'))
  inbox.put(numbered(2), 1)
  t.strictSame(await inbox.next(), { value: numbered(1), done: false })
  await t.rejects(inbox.next(), LinkClosedError)
  t.strictSame(await inbox.next(), { value: undefined, done: true })
})

t.test('refuses a second consumer', async (t) => {
  const inbox = new Inbox({ entriesMax: 4, bytesMax: 1000, onRoom: () => undefined })
  const first = inbox.next()
  await t.rejects(inbox.next(), { code: 'CORE_ASSERTION_FAILED' })
  inbox.end()
  t.strictSame(await first, { value: undefined, done: true })
})
