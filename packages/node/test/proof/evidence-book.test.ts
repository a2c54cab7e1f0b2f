import t from 'tap'
import { EvidenceBook, hiddenRows } from '../../src/index.ts'

const row = hiddenRows(Float32Array.of(1, 2, 3), 3)
const key = (id: string, pipeline = 'p'): { readonly pipeline: string; readonly id: string } => ({
  pipeline,
  id,
})

function run(book: EvidenceBook, id: string, pipeline = 'p'): void {
  book.open(key(id, pipeline))
  book.digests(key(id, pipeline))?.add({ position: 0, rows: 1, taken: row, given: row })
}

t.test('keeps what a session did beyond its close', async (t) => {
  const book = new EvidenceBook({ sessionsMax: 2 })
  run(book, 'a')
  const open = book.get(key('a'))
  t.equal(open.end, 1)
  const { windows } = open
  t.equal(windows.length, 1)
  book.close(key('a'))
  t.equal(book.digests(key('a')), undefined, 'no more rows are added')
  t.same([book.get(key('a')).windows, book.get(key('a')).end], [windows, 1])
})

t.test('knows nothing of sessions that were not proven', async (t) => {
  const book = new EvidenceBook({ sessionsMax: 2 })
  t.equal(book.digests(key('a')), undefined)
  book.close(key('a'))
  t.throws(() => book.get(key('a')), { code: 'NODE_EVIDENCE_MISSING', message: /session a of pipeline p/ })
})

t.test('drops the session that closed first over the limit, of each pipeline by itself', async (t) => {
  const book = new EvidenceBook({ sessionsMax: 2 })
  for (const id of ['a', 'b', 'c']) run(book, id)
  run(book, 'a', 'q')
  for (const id of ['c', 'a', 'b']) book.close(key(id))
  book.close(key('a', 'q'))
  t.throws(() => book.get(key('c')), { code: 'NODE_EVIDENCE_MISSING' })
  for (const known of [key('a'), key('b'), key('a', 'q')]) t.equal(book.get(known).end, 1)
  run(book, 'd')
  t.equal(book.get(key('d')).end, 1, 'open ones are not counted')
})

t.test('forgets a session that is dropped or opened again, and a pipeline that is over', async (t) => {
  const book = new EvidenceBook({ sessionsMax: 2 })
  run(book, 'a')
  book.close(key('a'))
  book.open(key('a'))
  t.same([book.get(key('a')).windows, book.get(key('a')).end], [[], 0])
  book.drop(key('a'))
  t.throws(() => book.get(key('a')), { code: 'NODE_EVIDENCE_MISSING' })
  run(book, 'b')
  run(book, 'b', 'q')
  book.close(key('b'))
  book.forget('p')
  t.throws(() => book.get(key('b')), { code: 'NODE_EVIDENCE_MISSING' })
  t.equal(book.get(key('b', 'q')).end, 1)
})

t.test('lets a session count for one claim', async (t) => {
  const book = new EvidenceBook({ sessionsMax: 2 })
  run(book, 'a')
  const evidence = book.get(key('a'))
  evidence.countFor('request 1, claim 1')
  evidence.countFor('request 1, claim 1')
  for (const claim of ['request 1, claim 2', 'request 2, claim 1']) {
    t.throws(() => evidence.countFor(claim), { code: 'NODE_RECEIPT_REFUSED' }, claim)
  }
})
