import type { Checkpoint, TensorDtype } from '@shardline/model'
import t from 'tap'
import { quantizationOf } from '../../src/market/quantization-of.ts'

/** A model of one layer with tensors of these types and sizes. */
function modelOf(tensors: readonly (readonly [TensorDtype, number])[]): Pick<Checkpoint, 'roles'> {
  const layer = new Map(
    tensors.map(([dtype, byteLength], index) => [`tensor ${index}`, { entry: { dtype, byteLength } }]),
  )
  return { roles: { layers: [layer] } } as unknown as Pick<Checkpoint, 'roles'>
}

t.test('weights are named by how most of them are held', async (t) => {
  const mixed = modelOf([
    ['F32', 10],
    ['Q4_K', 60],
    ['Q6_K', 50],
  ])
  t.equal(quantizationOf(mixed, 'auto'), 'q4_k')
  t.equal(quantizationOf(modelOf([['BF16', 1]]), 'auto'), 'int8')
  t.equal(quantizationOf(modelOf([['F32', 1]]), 'auto'), 'f32')
  t.equal(quantizationOf(mixed, 'int4'), 'int4', 'what was asked for counts')
})
