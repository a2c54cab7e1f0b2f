import { createHash } from 'node:crypto'
import { AssertionFailedError } from '@shardline/core'
import fc from 'fast-check'
import t from 'tap'
import { hiddenRows, RowDigests, tokenRows } from '../../src/index.ts'

const seed = Number(process.env['SEED'] ?? 60_622)
t.comment(`SEED=${seed}`)

const WIDTH = 3
const sha = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const hex = (...parts: readonly Uint8Array[]): string => sha(Buffer.concat(parts)).toString('hex')

/** Row `position` of a story: what is computed of it depends on the story and on the place. */
const rowOf = (story: number, position: number): Float32Array =>
  Float32Array.from({ length: WIDTH }, (_, column) => story * 1000 + position + column / 8)

function rowsOf(story: number, position: number, rows: number): Float32Array {
  const hidden = new Float32Array(rows * WIDTH)
  for (let row = 0; row < rows; row++) hidden.set(rowOf(story, position + row), row * WIDTH)
  return hidden
}

interface ToldRows {
  readonly story: number
  readonly position: number
  readonly rows: number
}

function add(digests: RowDigests, { story, position, rows }: ToldRows): void {
  const taken = hiddenRows(rowsOf(story, position, rows), WIDTH)
  const given = tokenRows((row) => (row === rows - 1 ? story : undefined))
  digests.add({ position, rows, taken, given })
}

t.test('hashes rows one by one, and windows over the hashes of their rows', async (t) => {
  const digests = new RowDigests()
  const [taken, given] = [rowsOf(1, 0, 40), rowsOf(2, 0, 40)]
  digests.add({ position: 0, rows: 40, taken: hiddenRows(taken, WIDTH), given: hiddenRows(given, WIDTH) })
  const hashes = (hidden: Float32Array, first: number, rows: number): string => {
    const bytes = Buffer.from(hidden.buffer)
    const row = (index: number): Buffer => sha(bytes.subarray(index * WIDTH * 4, (index + 1) * WIDTH * 4))
    return hex(...Array.from({ length: rows }, (_, index) => row(first + index)))
  }
  t.same(digests.windows(), [
    { position: 0, rows: 32, input: hashes(taken, 0, 32), output: hashes(given, 0, 32) },
    { position: 32, rows: 8, input: hashes(taken, 32, 8), output: hashes(given, 32, 8) },
  ])
})

t.test('takes a token as four bytes, the lowest first, and nothing where none was chosen', async (t) => {
  const digests = new RowDigests()
  const given = tokenRows((row) => (row === 1 ? 0x01020304 : undefined))
  digests.add({ position: 0, rows: 2, taken: undefined, given })
  const nothing = createHash('sha256').digest('hex')
  const output = hex(Buffer.from(nothing, 'hex'), sha(Uint8Array.of(4, 3, 2, 1)))
  t.same(digests.windows(), [{ position: 0, rows: 2, input: nothing, output }])
})

t.test('reads rows in the middle of a larger buffer', async (t) => {
  const all = rowsOf(1, 0, 4)
  const row = hiddenRows(all.subarray(WIDTH), WIDTH)(2)
  t.same(Buffer.from(row), Buffer.from(rowOf(1, 3).buffer))
})

t.test('begins where the first row is, with windows cut at the same places', async (t) => {
  const digests = new RowDigests()
  t.same([digests.start, digests.end, digests.windows()], [undefined, 0, []])
  add(digests, { story: 1, position: 40, rows: 60 })
  t.same([digests.start, digests.end], [40, 100])
  const cuts = digests.windows().map(({ position, rows }) => [position, rows])
  t.same(cuts, [
    [40, 24],
    [64, 32],
    [96, 4],
  ])
  add(digests, { story: 1, position: 30, rows: 1 })
  t.same([digests.start, digests.end], [30, 31], 'rows before the first begin anew')
})

t.test('refuses a gap', async (t) => {
  const digests = new RowDigests()
  add(digests, { story: 1, position: 0, rows: 4 })
  t.throws(() => add(digests, { story: 1, position: 5, rows: 1 }), AssertionFailedError)
})

t.test(
  'however rows come, are rolled back and come again, the windows are those of the last rows',
  async () => {
    const step = fc.record({
      back: fc.integer({ min: 0, max: 80 }),
      story: fc.integer({ min: 0, max: 3 }),
      rows: fc.integer({ min: 1, max: 70 }),
      isTold: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 70 }),
        fc.array(step, { minLength: 1, maxLength: 12 }),
        (start, steps) => {
          const digests = new RowDigests()
          const kept: { story: number; isLast: boolean }[] = []
          for (const { back, story, rows, isTold } of steps) {
            kept.length = Math.max(0, kept.length - back)
            const position = start + kept.length
            if (isTold) digests.rollback(position)
            add(digests, { story, position, rows })
            for (let row = 0; row < rows; row++) kept.push({ story, isLast: row === rows - 1 })
          }
          const fresh = new RowDigests()
          for (const [index, { story, isLast }] of kept.entries()) {
            const taken = hiddenRows(rowOf(story, start + index), WIDTH)
            const given = tokenRows(() => (isLast ? story : undefined))
            fresh.add({ position: start + index, rows: 1, taken, given })
          }
          return (
            digests.start === fresh.start &&
            digests.end === fresh.end &&
            JSON.stringify(digests.windows()) === JSON.stringify(fresh.windows())
          )
        },
      ),
      { seed, numRuns: 200 },
    )
  },
)
