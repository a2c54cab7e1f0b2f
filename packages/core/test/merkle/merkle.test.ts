import t from 'tap'
import {
  consistencyPath,
  emptyRoot,
  hashLeaf,
  hashNode,
  heightOf,
  inclusionPath,
  isConsistent,
  isIncluded,
  splitRange,
} from '@shardline/core'
import type { Hash, LeafRange } from '@shardline/core'
import { sha256 as browserSha256 } from '../../src/platform/browser-sha256.ts'
import { sha256 } from '../../src/platform/node-sha256.ts'

/** Inputs and roots that implementations of RFC 6962 share. */
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** The definition of RFC 6962, 2.1, as it stands there. */
function rootOf(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return emptyRoot()
  if (leaves.length === 1) return leaves[0]!
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return hashNode(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const leaves = INPUTS.map((input) => hashLeaf(Buffer.from(input, 'hex')))
const roots = ROOTS.map((_, size) => rootOf(leaves.slice(0, size)))
const rootOver = ({ first, count }: LeafRange): Hash =>
  rootOf(leaves.slice(Number(first), Number(first + count)))

t.test('roots are those of the known vectors', async (t) => {
  t.same(roots.map(hex), ROOTS)
})

t.test('hashes alike in Node and in browsers, and gives bytes that nothing else holds', async (t) => {
  for (const length of [0, 1, 64, 65, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i)
    t.equal(hex(sha256(bytes)), hex(browserSha256(bytes)), `${length} bytes`)
  }
  const digest = sha256(Uint8Array.of(1))
  digest.slice().fill(0)
  t.not(digest[0], 0, 'a slice is a copy')
})

t.test('a run is cut at the largest power of two below its leaves', async (t) => {
  t.same(splitRange({ first: 8n, count: 7n }), [
    { first: 8n, count: 4n },
    { first: 12n, count: 3n },
  ])
  t.same(splitRange({ first: 0n, count: 8n })[0], { first: 0n, count: 4n })
  t.same(splitRange({ first: 0n, count: 2n ** 60n + 1n })[1], { first: 2n ** 60n, count: 1n })
  t.same(
    [0n, 1n, 2n, 3n, 4n, 2n ** 60n].map((count) => heightOf({ first: 0n, count })),
    [undefined, 0, 1, undefined, 2, 60],
  )
})

t.test('paths prove each leaf of each tree, and no other', async (t) => {
  for (let size = 1n; size <= 8n; size++) {
    for (let index = 0n; index < size; index++) {
      const hashes = inclusionPath(index, size).map(rootOver)
      const [leaf, root] = [leaves[Number(index)]!, roots[Number(size)]!]
      t.ok(isIncluded({ index, size, hashes }, leaf, root))
      t.notOk(isIncluded({ index, size, hashes: [...hashes, root] }, leaf, root))
      t.notOk(isIncluded({ index, size, hashes }, leaves[Number((index + 1n) % 8n)]!, root))
      t.notOk(isIncluded({ index: index + size, size, hashes }, leaf, root))
    }
  }
  t.throws(() => inclusionPath(3n, 3n), { code: 'CORE_ASSERTION_FAILED' })
})

t.test('paths show that each tree goes on from each smaller one, and from no other', async (t) => {
  for (let toSize = 0n; toSize <= 8n; toSize++) {
    for (let fromSize = 0n; fromSize <= toSize; fromSize++) {
      const proof = { fromSize, toSize, hashes: consistencyPath(fromSize, toSize).map(rootOver) }
      const [from, to] = [roots[Number(fromSize)]!, roots[Number(toSize)]!]
      t.ok(isConsistent(proof, from, to))
      t.notOk(isConsistent(proof, leaves[7]!, to))
      t.notOk(isConsistent({ ...proof, hashes: [...proof.hashes, to] }, from, to))
    }
  }
  t.notOk(isConsistent({ fromSize: 2n, toSize: 1n, hashes: [] }, roots[2]!, roots[1]!))
  t.throws(() => consistencyPath(4n, 3n), { code: 'CORE_ASSERTION_FAILED' })
})
