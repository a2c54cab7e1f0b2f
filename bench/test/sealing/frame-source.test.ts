import t from 'tap'
import { FrameSource } from '../../src/sealing/frame-source.ts'

const shape = { name: 'test', sessions: 2, rows: 3, frames: 4, framesPerSession: 2 }

t.test('opens sessions, goes on with them, and closes them when their frames are through', async (t) => {
  const source = new FrameSource({ workload: shape, pipeline: 'p', epoch: 1, hiddenSize: 4, name: 's' })
  const [first, second, third] = [source.next(), source.next(), source.next()]
  t.same(
    first.open.map(({ session }) => session),
    ['s-0-0', 's-0-1'],
  )
  t.match(first.segments, [
    { session: 's-0-0', position: 0, rows: 3 },
    { session: 's-0-1', position: 0, rows: 3 },
  ])
  t.equal(first.payload.length, 2 * 3 * 4)
  t.match(second, { open: [], close: [], segments: [{ position: 3 }, { position: 3 }] })
  t.same(third.close, ['s-0-0', 's-0-1'])
  t.match(third.segments, [{ session: 's-2-0', position: 0 }, { session: 's-2-1' }])
  const last = source.end()
  t.match(last, { open: [], segments: [], close: ['s-2-0', 's-2-1'] })
  t.equal(last.payload.length, 0)
})
