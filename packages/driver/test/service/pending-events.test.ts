import t from 'tap'
import type { AnswerEvent } from '@shardline/wire'
import { PendingEvents } from '../../src/service/pending-events.ts'

const piece = (choice: number, text: string, id = 1): AnswerEvent => ({
  type: 'piece',
  choice,
  text,
  tokens: [{ id, bytes: '61', logprob: -1, top: [] }],
})
const window = (choice: number): AnswerEvent => ({
  type: 'window',
  choice,
  window: 0,
  tokenIds: [],
  end: 'none',
  previous: '0'.repeat(64),
  signature: '0'.repeat(128),
})

t.test('pieces that wait become one, choice by choice, and never over a window', async (t) => {
  const pending = new PendingEvents()
  for (const event of [
    piece(0, 'a'),
    piece(1, 'x'),
    piece(0, 'b'),
    window(0),
    piece(0, 'c'),
    piece(1, 'y'),
  ]) {
    pending.put(event)
  }
  const events = pending.take(1e6)
  t.match(events, [
    { choice: 0, text: 'ab' },
    { choice: 1, text: 'xy' },
    { type: 'window' },
    { choice: 0, text: 'c' },
  ])
  t.ok(pending.isEmpty)
  t.equal(pending.bytes, 0)
})

t.test('a piece has at most 32 tokens', async (t) => {
  const pending = new PendingEvents()
  for (let id = 0; id < 40; id++) pending.put(piece(0, 'a', id))
  const events = pending.take(1e6)
  t.same(
    events.map((event) => event.type === 'piece' && event.tokens.map(({ id }) => id)),
    [Array.from({ length: 32 }, (_, id) => id), Array.from({ length: 8 }, (_, id) => 32 + id)],
  )
})

t.test('gives about as many bytes as are wanted, and at least one event', async (t) => {
  const pending = new PendingEvents()
  for (let choice = 0; choice < 10; choice++) pending.put(piece(choice, 'a'.repeat(1000)))
  const before = pending.bytes
  t.equal(pending.take(1).length, 1)
  t.ok(pending.bytes < before)
  t.ok(pending.take(4000).length < 5)
  t.notOk(pending.isEmpty)
  while (!pending.isEmpty) pending.take(4000)
  t.equal(pending.bytes, 0)
})
