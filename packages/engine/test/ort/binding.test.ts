import t from 'tap'
import { GraphBuilder } from '../../src/graph/graph-builder.ts'
import { Binding } from '../../src/ort/binding.ts'
import { OrtSession } from '../../src/ort/session.ts'
import { Tensor } from '../../src/ort/tensor.ts'
import { WeightStore } from '../../src/ort/weight-store.ts'

interface Adder extends Disposable {
  readonly session: OrtSession
  readonly weights: WeightStore
}

/** A session that adds the weight [10, 20] to each row of `x`. */
async function adder(): Promise<Adder> {
  const weights = new WeightStore()
  const ten = Tensor.allocate('f32', [2])
  ten.data.set([10, 20])
  weights.add('w', ten)
  const graph = new GraphBuilder()
  const x = graph.input('x', 'f32', ['rows', 2])
  graph.apply('Add', [x, graph.weight('w', 'f32', [2])], { output: 'y' })
  graph.output('y', 'f32', ['rows', 2])
  const session = await OrtSession.create(graph.build('adder'), weights, { threads: 1, isSpinning: false })
  return {
    session,
    weights,
    [Symbol.dispose]: () => {
      session.dispose()
      weights[Symbol.dispose]()
    },
  }
}

function rows(values: readonly number[]): Tensor<'f32'> {
  const tensor = Tensor.allocate('f32', [values.length / 2, 2])
  tensor.data.set(values)
  return tensor
}

t.test('runs on bound tensors and writes into the bound output', async (t) => {
  using fixture = await adder()
  using binding = new Binding(fixture.session)
  const y = rows([0, 0, 0, 0])
  binding.bind('x', rows([1, 2, 3, 4]))
  binding.bind('y', y)
  await binding.run()
  t.same([...y.data], [11, 22, 13, 24])
})

t.test('refuses a name that the graph has not, a wrong type, rank or size', async (t) => {
  using fixture = await adder()
  using binding = new Binding(fixture.session)
  t.throws(() => binding.bind('z', rows([1, 2])), {
    code: 'ENGINE_TENSOR_MISMATCH',
    message: /no input or output z/,
  })
  t.throws(() => binding.bind('x', Tensor.allocate('i32', [1, 2])), { code: 'ENGINE_TENSOR_MISMATCH' })
  t.throws(() => binding.bind('x', Tensor.allocate('f32', [2])), { code: 'ENGINE_TENSOR_MISMATCH' })
  t.throws(() => binding.bind('x', Tensor.allocate('f32', [1, 3])), { code: 'ENGINE_TENSOR_MISMATCH' })
})

t.test('refuses to run while a port is unbound or a shared size has two values', async (t) => {
  using fixture = await adder()
  using binding = new Binding(fixture.session)
  binding.bind('x', rows([1, 2]))
  await t.rejects(binding.run(), { code: 'ENGINE_TENSOR_MISMATCH', message: /nothing is bound to y/ })
  binding.bind('y', rows([0, 0, 0, 0]))
  await t.rejects(binding.run(), { code: 'ENGINE_TENSOR_MISMATCH', message: /rows is given as/ })
  binding.bind('y', rows([0, 0]))
  await binding.run()
})

t.test(
  'everything may be disposed during a run; the run finishes and nothing is freed under it',
  async (t) => {
    const fixture = await adder()
    const binding = new Binding(fixture.session)
    const x = rows([1, 2])
    const y = rows([0, 0])
    binding.bind('x', x)
    binding.bind('y', y)
    const running = binding.run()
    x.dispose()
    binding.dispose()
    fixture[Symbol.dispose]()
    await running
    t.same([...y.data], [11, 22])
    await t.rejects(binding.run(), { code: 'ENGINE_DISPOSED' })
  },
)

t.test('small tensors keep their place while the collector moves other things', async (t) => {
  using fixture = await adder()
  using binding = new Binding(fixture.session)
  const x = rows([1, 2])
  const y = rows([0, 0])
  binding.bind('x', x)
  binding.bind('y', y)
  for (let round = 0; round < 200; round++) {
    const garbage = Array.from({ length: 2000 }, (_, i) => new Float32Array(4).fill(i))
    x.data[0] = round + (garbage[0]?.[0] ?? 1)
    await binding.run()
    if (y.data[0] !== round + 10) {
      t.fail(`round ${round} gave ${y.data[0]}`)
      return
    }
  }
  t.equal(y.data[1], 22)
})

t.test('names the call when the runtime refuses a graph', async (t) => {
  using weights = new WeightStore()
  const graph = new GraphBuilder()
  graph.apply('NoSuchOperator', [graph.input('x', 'f32', ['rows', 2])], { output: 'y' })
  graph.output('y', 'f32', ['rows', 2])
  const created = OrtSession.create(graph.build('bad'), weights, { threads: 1, isSpinning: false })
  await t.rejects(created, { code: 'ENGINE_RUNTIME_CALL', message: /NoSuchOperator/ })
})
