import t from 'tap'
import { gatherRows } from '../src/gather-rows.ts'

t.test('passes a single part as it is', async (t) => {
  const part = Float32Array.of(1, 2)
  t.equal(gatherRows([part]), part)
})

t.test('gives a view of parts that lie behind each other', async (t) => {
  const whole = Float32Array.of(0, 1, 2, 3, 4)
  const gathered = gatherRows([whole.subarray(1, 3), whole.subarray(3, 5)])
  t.same([...gathered], [1, 2, 3, 4])
  t.equal(gathered.buffer, whole.buffer, 'nothing was copied')
})

t.test('copies parts that lie apart or in another order', async (t) => {
  const whole = Float32Array.of(0, 1, 2, 3, 4)
  t.same([...gatherRows([whole.subarray(3, 5), whole.subarray(1, 3)])], [3, 4, 1, 2])
  t.same([...gatherRows([whole.subarray(0, 1), whole.subarray(2, 3)])], [0, 2])
  t.same([...gatherRows([Float32Array.of(7), Float32Array.of(8)])], [7, 8])
  t.same([...gatherRows([])], [])
})
