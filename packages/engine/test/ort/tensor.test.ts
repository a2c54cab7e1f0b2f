import t from 'tap'
import { DisposedError } from '../../src/errors.ts'
import { Tensor } from '../../src/ort/tensor.ts'

t.test('a tensor in a block holds zeros, and what is written to it', async (t) => {
  using tensor = Tensor.allocateBlock('f32', [2, 300])
  t.equal(tensor.data.length, 600)
  t.ok(tensor.data.every((value) => value === 0))
  tensor.data[599] = 1.5
  t.equal(tensor.data[599], 1.5)
})

t.test('the elements of a tensor in a block are gone with it', async (t) => {
  const tensor = Tensor.allocateBlock('u8', [70_000])
  tensor.data.fill(7)
  tensor.dispose()
  t.throws(() => tensor.data, DisposedError)
  tensor.dispose()
  t.throws(() => tensor.native.pointer, DisposedError)
})

t.test('a tensor of the collector keeps its elements', async (t) => {
  const tensor = Tensor.allocate('i32', [4])
  tensor.data.fill(3)
  tensor.dispose()
  t.same([...tensor.data], [3, 3, 3, 3])
})
