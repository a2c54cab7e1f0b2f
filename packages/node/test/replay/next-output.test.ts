import { epoch } from '@shardline/core'
import type { Message, SessionStanding } from '@shardline/wire'
import t from 'tap'
import { CLOSES_REMEMBERED_MAX } from '../../src/limits.ts'
import { NextOutput } from '../../src/replay/next-output.ts'
import { ReplayBudget } from '../../src/replay/replay-budget.ts'
import { frame, rowsBySession } from '../fixtures/frames.ts'
import { TOY_WIDTH } from '../fixtures/toy-work.ts'

const ROW_BYTES = TOY_WIDTH * 4

/** A link's outbox that takes what it has room for. */
class Valve {
  room: number
  readonly sent: Extract<Message, { readonly kind: 'hidden' }>[] = []

  constructor(room: number) {
    this.room = room
  }

  get isCongested(): boolean {
    return this.room <= 0
  }

  post(message: Message): void {
    this.room -= 1
    if (message.kind === 'hidden') this.sent.push(message)
  }

  get closed(): readonly string[] {
    return this.sent.flatMap(({ close }) => close)
  }
}

function fixture(init: { readonly rowsMax?: number; readonly bytesMax?: number } = {}) {
  const missing: string[] = []
  const budget = new ReplayBudget(init.bytesMax ?? 1e6)
  const output = new NextOutput({
    pipeline: 'p',
    hiddenSize: TOY_WIDTH,
    rowsPerFrameMax: init.rowsMax ?? 4,
    budget,
    onMissing: (sessions) => missing.push(...sessions),
  })
  let formations = 0
  const form = (standing: readonly SessionStanding[] = [], room = 1e6): Valve => {
    formations += 1
    const outbox = new Valve(room)
    output.resume({ outbox, epoch: epoch(formations), standing })
    return outbox
  }
  const give = (session: string, position: number, values: readonly number[]): void => {
    output.post(frame({ rows: [{ session, position, values }] }))
  }
  const giveTurn = (turn: number, position: number, values: readonly number[]): void => {
    output.post(frame({ rows: [{ session: 'a', turn, position, values }] }))
  }
  return { output, budget, missing, form, give, giveTurn }
}

t.test('passes on what it is given, as it is', async (t) => {
  const { output, form } = fixture()
  const valve = form()
  const given = frame({ open: ['a'], rows: [{ session: 'a', position: 0, values: [1, 2] }], close: ['z'] })
  output.post(given)
  t.equal(valve.sent[0], given)
})

t.test('sends what is lacking as far as there is room, those that lack least first', async (t) => {
  const { output, form, give } = fixture()
  form()
  output.post(frame({ open: ['a', 'b'] }))
  give('a', 0, [1, 2, 3, 4, 5, 6])
  give('b', 0, [7, 8])
  output.suspend()
  give('b', 2, [9])
  const valve = form([{ session: 'b', turn: 0, length: 1 }], 2)
  t.same(
    valve.sent[0]?.open.map(({ session }) => session),
    ['a', 'b'],
  )
  t.same([...rowsBySession(valve.sent.slice(1)).keys()], ['b', 'a'])
  t.equal(valve.sent.length, 2, 'there is no more room')
  give('a', 6, [10])
  give('b', 3, [11])
  t.same(
    valve.sent[2]?.segments,
    [{ session: 'b', turn: 0, position: 3, rows: 1, use: 'none' }],
    'b lacks nothing',
  )
  valve.room = 1e6
  output.pump()
  t.same(rowsBySession(valve.sent).get('a'), [1, 2, 3, 4, 5, 6, 10])
  t.same(rowsBySession(valve.sent.slice(1)).get('b'), [undefined, 8, 9, 11])
})

t.test('a roll back while rows are lacking goes out once', async (t) => {
  const { output, form, give, giveTurn } = fixture({ rowsMax: 2 })
  output.post(frame({ open: ['a'] }))
  give('a', 0, [1, 2, 3, 4, 5])
  const valve = form([], 3)
  t.same(rowsBySession(valve.sent).get('a'), [1, 2, 3, 4])
  giveTurn(1, 3, [8, 9])
  valve.room = 9
  output.pump()
  t.same(rowsBySession(valve.sent).get('a'), [1, 2, 3, 8, 9])
  t.equal(valve.sent.at(-1)?.segments[0]?.turn, 1)
})

t.test('a close waits for the rows before it, and an opening of the same name for the close', async (t) => {
  const { output, form, give, budget } = fixture()
  output.post(frame({ open: ['a'] }))
  give('a', 0, [1, 2, 3, 4, 5])
  const valve = form([], 2)
  output.post(frame({ close: ['a'] }))
  t.same(valve.closed, [])
  valve.room = 1
  output.pump()
  t.same(valve.closed, ['a'])
  t.same(rowsBySession(valve.sent).get('a'), [1, 2, 3, 4, 5])
  t.equal(budget.bytes, 0)
  output.suspend()
  output.post(frame({ open: ['b'], rows: [{ session: 'b', position: 0, values: [1] }], close: ['b'] }))
  output.post(frame({ open: ['b'], rows: [{ session: 'b', position: 0, values: [2] }] }))
  const later = form()
  t.same(rowsBySession(later.sent).get('b'), [2])
})

t.test('lets a stage that is ahead be, until it is passed', async (t) => {
  const { output, form, give, giveTurn } = fixture()
  const valve = form([{ session: 'a', turn: 1, length: 4 }])
  output.post(frame({ open: ['a'] }))
  give('a', 0, [1, 2])
  giveTurn(1, 2, [3, 4, 5])
  t.same(
    valve.sent.flatMap(({ segments }) => segments),
    [{ session: 'a', turn: 1, position: 4, rows: 1, use: 'none' }],
  )
  giveTurn(2, 2, [6])
  t.equal(valve.sent.at(-1)?.segments[0]?.position, 2)
})

t.test('closes again what was closed on a link that is gone, and nothing that others opened', async (t) => {
  const { output, form } = fixture()
  form()
  output.post(frame({ open: ['a'] }))
  output.post(frame({ close: ['a'] }))
  const standing = ['a', 'stranger'].map((session) => ({ session, turn: 0, length: 3 }))
  t.same(form(standing).closed, ['a'])
  for (let i = 0; i < CLOSES_REMEMBERED_MAX; i++) output.post(frame({ close: [`s${i}`] }))
  t.same(form(standing).closed, [], 'it is forgotten in time')
})

t.test('tells of rows that had to make place before they were sent', async (t) => {
  const { output, form, give, missing } = fixture({ bytesMax: 10 * ROW_BYTES })
  output.post(frame({ open: ['a', 'b'] }))
  give('a', 0, [1, 2, 3, 4, 5, 6])
  const valve = form([], 1)
  t.same(missing, [])
  t.equal(output.isCongested, true, 'the link has no room')
  valve.room = 1
  give('b', 0, [1, 2, 3])
  t.equal(output.isCongested, true, 'little place is left')
  valve.room = 0
  give('b', 3, [4, 5])
  valve.room = 9
  output.pump()
  t.same(missing, ['a'])
  t.equal(output.isCongested, false)
  give('a', 6, [7])
  t.notOk(rowsBySession(valve.sent).has('a'))
  output.clear()
})
