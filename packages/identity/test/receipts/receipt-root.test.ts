import { createHash } from 'node:crypto'
import t from 'tap'
import { FIRST_LEAF_PREVIOUS, receiptLeaves, receiptRoot } from '../../src/index.ts'
import type { ReceiptPart, ReceiptWindow } from '../../src/index.ts'

const part: ReceiptPart = {
  request: '0190b0c4-0000-7000-8000-000000000001',
  fence: 3,
  role: 'worker',
  layers: { first: 0, last: 7 },
  numericClass: 'avx2-0123456789abcdef',
  modelDigest: 'ef'.repeat(32),
  salt: '5a'.repeat(32),
}
const window = (position: number, rows: number, fill = position): ReceiptWindow => ({
  position,
  rows,
  input: (fill % 16).toString(16).repeat(64),
  output: ((fill + 1) % 16).toString(16).repeat(64),
})
const sessions = [
  [window(0, 32), window(32, 5)],
  [window(0, 32, 3), window(32, 32), window(64, 1)],
]
const rootOf = (of: ReceiptPart, windows: readonly (readonly ReceiptWindow[])[]): string =>
  receiptRoot(receiptLeaves(of, windows))
const root = rootOf(part, sessions)

t.test('the leaves and the root are the ones that are documented', async (t) => {
  const sha3 = (text: string): Buffer => createHash('sha3-256').update(text).digest()
  const sha2 = (...parts: readonly Uint8Array[]): Buffer =>
    createHash('sha256').update(Buffer.concat(parts)).digest()
  let previous = FIRST_LEAF_PREVIOUS
  const leaves = sessions.flatMap((windows, session) =>
    windows.map(({ position, rows, input, output }) => {
      // Canonical JSON by hand: keys in order, no space.
      const text =
        `{"fence":3,"input":"${input}","layers":{"first":0,"last":7},"modelDigest":"${part.modelDigest}",` +
        `"numericClass":"${part.numericClass}","output":"${output}","position":${position},"previous":"${previous}",` +
        `"request":"${part.request}","role":"worker","rows":${rows},"salt":"${part.salt}","session":${session},"window":${Math.floor(position / 32)}}`
      const leaf = sha3(`shardline:receipt-leaf:1\n${text}`)
      previous = leaf.toString('hex')
      return leaf
    }),
  )
  t.same(
    [...receiptLeaves(part, sessions)].map((leaf) => Buffer.from(leaf)),
    leaves,
  )
  const [a, b, c, d, e] = leaves.map((leaf) => sha2(Uint8Array.of(0), leaf))
  const node = (left: Uint8Array, right: Uint8Array): Buffer => sha2(Uint8Array.of(1), left, right)
  t.equal(node(node(node(a!, b!), node(c!, d!)), e!).toString('hex'), root)
})

t.test('the root changes with everything that a leaf says', async (t) => {
  const parts: readonly Partial<ReceiptPart>[] = [
    { request: '0190b0c4-0000-7000-8000-000000000002' },
    { fence: 4 },
    { role: 'validator' },
    { layers: null },
    { layers: { first: 0, last: 8 } },
    { numericClass: 'avx2-ff' },
    { modelDigest: 'aa'.repeat(32) },
    { salt: 'bb'.repeat(32) },
  ]
  t.equal(parts.length, Object.keys(part).length + 1, 'every field is changed here')
  const roots = parts.map((change) => rootOf({ ...part, ...change }, sessions))
  const changed = (change: Partial<ReceiptWindow>): string =>
    rootOf(part, [[window(0, 32), { ...window(32, 5), ...change }], sessions[1]!])
  const [first, second] = sessions
  roots.push(
    changed({ position: 33 }),
    changed({ position: 64 }),
    changed({ rows: 6 }),
    changed({ input: 'f'.repeat(64) }),
    changed({ output: 'f'.repeat(64) }),
    rootOf(part, [second!, first!]),
    rootOf(part, [[...first!, ...second!]]),
    rootOf(part, [first!.toReversed(), second!]),
    rootOf(part, [first!]),
    rootOf(part, [[], first!, second!]),
    root,
  )
  t.equal(new Set(roots).size, roots.length)
})

t.test('a receipt over nothing has the root of an empty tree', async (t) => {
  t.equal(rootOf(part, [[], []]), createHash('sha256').digest('hex'))
})
