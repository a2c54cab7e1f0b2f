import fc from 'fast-check'
import t from 'tap'
import {
  AbortedError,
  CleanupStack,
  RemoteError,
  SeededRandom,
  UnexpectedError,
  assert as assertThat,
  formatLayerRange,
  fromUnknown,
  missingLayers,
  parseLayerRange,
  systemRandom,
} from '../src/index.ts'

const seed = Number(process.env['SEED'] ?? 11)
t.comment(`SEED=${seed}`)

t.test('the same seed gives the same numbers on every machine', async (t) => {
  const random = new SeededRandom(42)
  t.same(
    [random.word(), random.word(), random.integer(1000), random.float()],
    [new SeededRandom(42)].flatMap((same) => [same.word(), same.word(), same.integer(1000), same.float()]),
  )
  t.not(new SeededRandom(43).word(), new SeededRandom(42).word())
})

for (const [name, random] of [
  ['seeded', new SeededRandom(seed)],
  ['system', systemRandom],
] as const) {
  t.test(`${name} numbers spread evenly over their range`, async (t) => {
    const buckets = Array.from({ length: 10 }, () => 0)
    let outside = 0
    for (let i = 0; i < 20_000; i++) {
      const value = random.float()
      if (value < 0 || value >= 1) outside++
      buckets[Math.floor(value * 10)] = (buckets[Math.floor(value * 10)] ?? 0) + 1
    }
    const chiSquare = buckets.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)
    t.equal(outside, 0)
    t.ok(chiSquare < 40, `chi-square ${chiSquare} with 9 degrees of freedom`)
    t.equal(random.bytes(5).length, 5)
    const dice = new Set(Array.from({ length: 200 }, () => random.integer(3)))
    t.same(dice, new Set([0, 1, 2]))
  })
}

t.test('layer ranges are written and read as people do', async (t) => {
  t.equal(formatLayerRange({ first: 3, count: 1 }), '3')
  t.same(parseLayerRange(' 4-9 '), { first: 4, count: 6 })
  for (const text of ['', 'a', '9-4', '1-', '-1', '1.5', '1-2-3']) {
    t.throws(() => parseLayerRange(text), { code: 'CORE_INVALID_VALUE' }, text)
  }
  fc.assert(
    fc.property(fc.nat(500), fc.integer({ min: 1, max: 500 }), (first, count) => {
      const read = parseLayerRange(formatLayerRange({ first, count }))
      return read.first === first && read.count === count
    }),
    { seed },
  )
})

t.test('missing layers are exactly those that no range holds', async () => {
  const ranges = fc.array(fc.record({ first: fc.nat(30), count: fc.integer({ min: 1, max: 8 }) }), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(ranges, fc.integer({ min: 1, max: 30 }), (held, layerCount) => {
      const missing = missingLayers(held, layerCount)
      const isIn = (list: typeof missing, layer: number): boolean =>
        list.some((range) => layer >= range.first && layer < range.first + range.count)
      return Array.from({ length: layerCount }, (_, layer) => layer).every(
        (layer) => isIn(held, layer) !== isIn(missing, layer),
      )
    }),
    { seed },
  )
})

t.test('whatever was caught becomes a coded error that keeps its cause', async (t) => {
  const cause = new Error('inner')
  t.equal(fromUnknown(cause).cause, cause)
  t.ok(fromUnknown('text') instanceof UnexpectedError)
  const aborted = new AbortedError('the wait')
  t.equal(fromUnknown(aborted), aborted)
  t.equal(fromUnknown(new DOMException('stop', 'AbortError')).code, 'CORE_ABORTED')
  t.match(new RemoteError('ENGINE_OPTION', 'no').message, /\[ENGINE_OPTION\]/)
  t.throws(() => assertThat(false, 'never'), { code: 'CORE_ASSERTION_FAILED' })
})

t.test('cleaning up runs every step in reverse order, and throws the first failure at the end', async (t) => {
  const done: string[] = []
  const stack = new CleanupStack()
  stack.add(() => void done.push('first'))
  stack.add(() => {
    throw new Error('second')
  })
  stack.add(async () => void done.push('third'))
  await t.rejects(stack.run(), { message: 'second' })
  t.same(done, ['third', 'first'])
  await stack.run()
  const released = new CleanupStack()
  {
    await using building = new CleanupStack()
    building.add(() => void done.push('released'))
    released.add(() => building.release().run())
    building.release()
  }
  t.notOk(done.includes('released'))
})
