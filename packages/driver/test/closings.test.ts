import t from 'tap'
import { Closings } from '../src/closings.ts'

t.test('each close is sent once, and once more after a loss until it is confirmed', (t) => {
  const closings = new Closings()
  for (const session of ['a', 'b', 'c']) closings.add(session)
  t.same(closings.take(2), ['a', 'b'])
  t.same(closings.take(2), ['c'])
  t.notOk(closings.isDue)
  closings.settle('b')
  closings.addSent('d')
  closings.again()
  t.same(closings.take(9), ['a', 'c', 'd'])
  closings.clear()
  closings.again()
  t.notOk(closings.isDue)
  t.end()
})
