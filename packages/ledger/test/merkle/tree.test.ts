import t from 'tap'
import { emptyRoot, hashLeaf, hashNode, isConsistent, isIncluded } from '@shardline/core'
import type { Hash } from '@shardline/core'
import { CompactRange, ProofRangeError } from '@shardline/ledger'
import { proveConsistency, proveInclusion } from '../../src/merkle/prove.ts'

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
const SIZES = 40

/** The definition of RFC 6962, 2.1, as it stands there. */
function rootOf(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return emptyRoot()
  if (leaves.length === 1) return leaves[0]!
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return hashNode(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')
const leaves = Array.from({ length: SIZES }, (_, i) => hashLeaf(Uint8Array.of(i)))
const roots = Array.from({ length: SIZES + 1 }, (_, size) => rootOf(leaves.slice(0, size)))
const readNode = (height: number, index: bigint): Promise<Hash> => {
  const first = Number(index) << height
  return Promise.resolve(rootOf(leaves.slice(first, first + (1 << height))))
}

t.test('roots are those of the known vectors', async (t) => {
  const range = CompactRange.empty()
  t.equal(hex(range.root()), ROOTS[0])
  for (const [index, input] of INPUTS.entries()) {
    range.append(hashLeaf(Buffer.from(input, 'hex')))
    t.equal(hex(range.root()), ROOTS[index + 1], `${index + 1} leaves`)
  }
})

t.test('growing leaf by leaf gives the root of the definition, also after storing and reading', async (t) => {
  let range = CompactRange.empty()
  for (const [index, leaf] of leaves.entries()) {
    range.append(leaf)
    range = CompactRange.fromBytes(range.size, range.toBytes())
    t.equal(hex(range.root()), hex(roots[index + 1]!))
  }
  t.throws(() => CompactRange.fromBytes(3n, new Uint8Array(32)), { code: 'LEDGER_LOG_DAMAGED' })
})

t.test('every leaf of every tree is proven, and nothing else', async (t) => {
  let wrong = 0
  for (let size = 1; size <= SIZES; size++) {
    for (let index = 0; index < size; index++) {
      const proof = await proveInclusion(BigInt(index), BigInt(size), readNode)
      const root = roots[size]!
      if (!isIncluded(proof, leaves[index]!, root)) wrong++
      if (isIncluded(proof, leaves[(index + 1) % SIZES]!, root)) wrong++
      if (isIncluded({ ...proof, hashes: proof.hashes.slice(1) }, leaves[index]!, root) && size > 1) wrong++
      if (isIncluded({ ...proof, hashes: [...proof.hashes, leaves[0]!] }, leaves[index]!, root)) wrong++
      if (size > 1 && isIncluded({ ...proof, index: BigInt((index + 1) % size) }, leaves[index]!, root))
        wrong++
    }
  }
  t.equal(wrong, 0)
})

t.test('every tree is shown to go on from every smaller one, and from no other', async (t) => {
  let wrong = 0
  for (let to = 0; to <= SIZES; to++) {
    for (let from = 0; from <= to; from++) {
      const proof = await proveConsistency(BigInt(from), BigInt(to), readNode)
      if (!isConsistent(proof, roots[from]!, roots[to]!)) wrong++
      if (isConsistent(proof, hashLeaf(Uint8Array.of(99)), roots[to]!)) wrong++
      if (from > 0 && isConsistent(proof, roots[from]!, hashLeaf(Uint8Array.of(99)))) wrong++
      const altered = [...proof.hashes.slice(0, -1), hashLeaf(Uint8Array.of(98))]
      if (proof.hashes.length > 0 && isConsistent({ ...proof, hashes: altered }, roots[from]!, roots[to]!))
        wrong++
    }
  }
  t.equal(wrong, 0)
})

t.test('what is outside of the tree is refused', async (t) => {
  await t.rejects(proveInclusion(3n, 3n, readNode), ProofRangeError)
  await t.rejects(proveInclusion(-1n, 3n, readNode), ProofRangeError)
  await t.rejects(proveConsistency(4n, 3n, readNode), ProofRangeError)
})
