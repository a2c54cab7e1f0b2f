import fc from 'fast-check'
import t from 'tap'
import { hashLeaf } from '@shardline/core'
import { NewestKeys } from '../../src/driver-keys/newest-keys.ts'
import type { PartyId } from '../../src/index.ts'
import { MerkleTree } from '../../src/merkle-tree.ts'
import { testSeed } from '../support/test-seed.ts'

t.test('is the tree of the newest leaves in order of the drivers, however they came', async (t) => {
  const step = fc.record({ driver: fc.nat(30), byte: fc.nat(255), isLooked: fc.boolean() })
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const keys = new NewestKeys()
    const newest = new Map<PartyId, Uint8Array>()
    for (const { driver, byte, isLooked } of steps) {
      const [id, leaf] = [`shard${driver}` as PartyId, hashLeaf(Uint8Array.of(byte))]
      keys.set(id, leaf)
      newest.set(id, leaf)
      if (isLooked) t.ok(keys.placeOf(id) !== undefined)
    }
    const drivers = [...newest.keys()].toSorted()
    const anew = new MerkleTree(drivers.map((id) => newest.get(id) ?? new Uint8Array()))
    t.same(keys.tree.root(), anew.root())
    t.same(
      drivers.map((id) => keys.placeOf(id)),
      drivers.map((_, place) => place),
    )
    t.equal(keys.placeOf('nobody' as PartyId), undefined)
  })
  fc.assert(property, { seed: testSeed(t), numRuns: 50 })
})
