import fc from 'fast-check'
import t from 'tap'
import { emptyRoot, hashLeaf, isConsistent, isIncluded } from '@shardline/core'
import { MerkleTree } from '../src/merkle-tree.ts'
import { flipBit, hex } from './support/parties.ts'
import { testSeed } from './support/test-seed.ts'

/** The leaves and roots that implementations of RFC 6962 are tested with, as in Certificate Transparency's own code. */
const LEAVES = [
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

/** What a proof is to show of places and sizes as the tree counts them. */
interface InclusionClaim {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly hashes: readonly Uint8Array[]
}

const includes = ({ leaf, index, size, root, hashes }: InclusionClaim): boolean =>
  isIncluded({ index: BigInt(index), size: BigInt(size), hashes }, leaf, root)

interface ConsistencyClaim {
  readonly fromSize: number
  readonly fromRoot: Uint8Array
  readonly toSize: number
  readonly toRoot: Uint8Array
  readonly hashes: readonly Uint8Array[]
}

const goesOn = ({ fromSize, fromRoot, toSize, toRoot, hashes }: ConsistencyClaim): boolean =>
  isConsistent({ fromSize: BigInt(fromSize), toSize: BigInt(toSize), hashes }, fromRoot, toRoot)

const treeOf = (size: number): MerkleTree =>
  new MerkleTree(Array.from({ length: size }, (_, index) => hashLeaf(Uint8Array.of(index & 255, index >> 8))))

t.test('has the roots that are known', async (t) => {
  const tree = new MerkleTree(LEAVES.map((leaf) => hashLeaf(hex(leaf))))
  for (const [size, root] of ROOTS.entries()) t.same(tree.root(size), hex(root), `${size} leaves`)
  t.same(new MerkleTree().root(), emptyRoot())
})

t.test('every leaf is shown to be in every tree up to 40, and nowhere else', async (t) => {
  const tree = treeOf(40)
  for (let size = 1; size <= 40; size++) {
    const root = tree.root(size)
    for (let index = 0; index < size; index++) {
      const leaf = hashLeaf(Uint8Array.of(index, 0))
      const claim = { leaf, index, size, root, hashes: tree.proveInclusion(index, size) }
      if (!includes(claim)) t.fail(`leaf ${index} of ${size}`)
      const wrong = [
        { ...claim, index: index + 1 },
        { ...claim, leaf: flipBit(leaf, 3) },
        { ...claim, root: flipBit(root, 3) },
        { ...claim, hashes: [...claim.hashes, root] },
        { ...claim, hashes: claim.hashes.slice(1), isShorter: true },
      ].filter((other) => !('isShorter' in other) || size > 1)
      if (wrong.some(includes)) t.fail(`a wrong proof of leaf ${index} of ${size}`)
    }
  }
  t.notOk(includes({ leaf: tree.root(1), index: 0, size: 0, root: emptyRoot(), hashes: [] }))
})

t.test('every tree up to 40 is shown to go on from every smaller one, and from no other', async (t) => {
  const tree = treeOf(40)
  for (let toSize = 0; toSize <= 40; toSize++) {
    for (let fromSize = 0; fromSize <= toSize; fromSize++) {
      const hashes = tree.proveConsistency(fromSize, toSize)
      const [fromRoot, toRoot] = [tree.root(fromSize), tree.root(toSize)]
      const claim = { fromSize, fromRoot, toSize, toRoot, hashes }
      if (!goesOn(claim)) t.fail(`${fromSize} to ${toSize}`)
      const wrong = [
        { ...claim, fromRoot: flipBit(fromRoot, 7) },
        { ...claim, hashes: [...hashes, toRoot] },
        // Every tree goes on from the empty one.
        ...(fromSize === 0 ? [] : [{ ...claim, toRoot: flipBit(toRoot, 7) }]),
        ...hashes.map((hash, place) => ({ ...claim, hashes: hashes.with(place, flipBit(hash, 1)) })),
      ]
      if (wrong.some(goesOn)) t.fail(`a wrong proof from ${fromSize} to ${toSize}`)
    }
  }
  const [fromRoot, toRoot] = [tree.root(3), tree.root(2)]
  t.notOk(goesOn({ fromSize: 3, fromRoot, toSize: 2, toRoot, hashes: [] }))
})

t.test('a log that changed an old entry can not show that it goes on', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 300 }),
      fc.nat(),
      (from, more, nat) => {
        const changed = nat % from
        const honest = treeOf(from)
        const forged = new MerkleTree(
          Array.from({ length: from + more }, (_, index) =>
            hashLeaf(index === changed ? Uint8Array.of(9, 9, 9) : Uint8Array.of(index & 255, index >> 8)),
          ),
        )
        const claim = { fromSize: from, toSize: forged.size, hashes: forged.proveConsistency(from) }
        t.notOk(goesOn({ ...claim, fromRoot: honest.root(), toRoot: forged.root() }))
        t.ok(goesOn({ ...claim, fromRoot: forged.root(from), toRoot: forged.root() }))
      },
    ),
    { seed: testSeed(t), numRuns: 100 },
  )
})

t.test('a tree that was changed is the tree of the leaves that it has then', async (t) => {
  const change = fc.record({ at: fc.nat(60), isCut: fc.boolean(), byte: fc.integer({ min: 0, max: 255 }) })
  const property = fc.property(fc.nat(60), fc.array(change, { maxLength: 8 }), (size, changes) => {
    let leaves = Array.from({ length: size }, (_, index) => hashLeaf(Uint8Array.of(index, 0)))
    const tree = new MerkleTree(leaves)
    for (const { at, isCut, byte } of changes) {
      const leaf = hashLeaf(Uint8Array.of(byte, 1))
      if (isCut) {
        tree.truncate(Math.min(at, leaves.length))
        tree.append(leaf)
        leaves = [...leaves.slice(0, at), leaf]
      } else if (at < leaves.length) {
        tree.replace(at, leaf)
        leaves = leaves.with(at, leaf)
      }
    }
    const anew = new MerkleTree(leaves)
    for (let count = 0; count <= leaves.length; count++) t.same(tree.root(count), anew.root(count))
  })
  fc.assert(property, { seed: testSeed(t), numRuns: 50 })
})
