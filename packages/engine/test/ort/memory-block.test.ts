import t from 'tap'
import { DisposedError, TensorMismatchError } from '../../src/errors.ts'
import { MemoryBlock } from '../../src/ort/memory-block.ts'

const MIB = 1024 * 1024

/** A block whose bytes count from `first` on. */
function counting(bytes: number, first: number): MemoryBlock {
  const block = new MemoryBlock(bytes)
  new Uint8Array(block.buffer).set(Array.from({ length: bytes }, (_, at) => (first + at) % 256))
  return block
}

t.test('begins with zeros, and copies bytes between blocks', async (t) => {
  using source = counting(64, 100)
  using target = new MemoryBlock(32)
  target.copy(source, { from: 10, to: 4, bytes: 3 })
  t.strictSame(
    [...new Uint8Array(target.buffer)],
    [0, 0, 0, 0, 110, 111, 112, ...Array.from({ length: 25 }, () => 0)],
  )
  target.copy(source, { from: 0, to: 0, bytes: 32 })
  t.equal(new Uint8Array(target.buffer).at(-1), 131, 'to the last byte')
})

t.test('copies no byte from or to where no block is', async (t) => {
  using source = new MemoryBlock(64)
  using target = new MemoryBlock(32)
  for (const range of [
    { from: 33, to: 0, bytes: 32 },
    { from: 0, to: 1, bytes: 32 },
    { from: -1, to: 0, bytes: 8 },
    { from: 0, to: -1, bytes: 8 },
    { from: 0, to: 0, bytes: -1 },
  ]) {
    t.throws(() => target.copy(source, range), TensorMismatchError, JSON.stringify(range))
  }
})

t.test('is gone when it is disposed', async (t) => {
  using target = new MemoryBlock(32)
  const block = new MemoryBlock(32)
  block[Symbol.dispose]()
  t.throws(() => block.buffer, DisposedError)
  t.throws(() => target.copy(block, { from: 0, to: 0, bytes: 8 }), DisposedError)
})

t.test(
  'is nothing that the garbage collector counts, although it comes and goes, and is copied',
  async (t) => {
    const before = process.memoryUsage().external
    for (let index = 0; index < 64; index++) {
      using small = new MemoryBlock(8 * MIB)
      using large = new MemoryBlock(16 * MIB)
      large.copy(small, { from: 0, to: 8 * MIB, bytes: 8 * MIB })
    }
    const grown = process.memoryUsage().external - before
    t.ok(grown < 8 * MIB, `${Math.round(grown / 1024)} KiB of 1.5 GiB are counted`)
  },
)
