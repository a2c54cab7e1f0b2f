import { generateKeyPairSync } from 'node:crypto'
import type { Test } from 'tap'
import { isConsistent, isIncluded } from '@shardline/core'
import {
  ProofRangeError,
  SignerMissingError,
  ed25519Signer,
  hashEntry,
  openCheckpoint,
  openLedger,
} from '@shardline/ledger'
import { Ids, makeAccounts, moveOf } from '../support/test-ledger.ts'
import type { SuiteLedger } from './ledger-suite.ts'

/** What the ledger promises about its log. */
export async function logRules(t: Test, { ledger, database, clock }: SuiteLedger): Promise<void> {
  const ids = new Ids(7)
  const signer = ed25519Signer('test.example/ledger', generateKeyPairSync('ed25519').privateKey)
  await using signing = await openLedger({ database, clock, signer })
  const [a, b] = await makeAccounts(ledger, ids, [{}, {}])

  await t.test('a transfer is in the log under the checkpoint', async (t) => {
    // Past 256 entries, so that stored nodes are used.
    const moves = Array.from({ length: 600 }, () => moveOf(ids, [a, b]))
    await signing.createTransfers(moves)
    const signed = await signing.checkpoint()
    t.match(openCheckpoint(signed.note, signer), { origin: 'test.example/ledger', size: signed.size })
    for (const move of [moves[0]!, moves[255]!, moves[599]!]) {
      const [found] = await ledger.lookupTransfers([move.id])
      const { logIndex, endedBy: _, ...record } = found!
      const proof = await ledger.inclusionProof(logIndex, signed.size)
      t.ok(isIncluded(proof, hashEntry({ type: 'transfer', record }), signed.root))
      const altered = { ...record, amount: record.amount + 1n }
      t.notOk(isIncluded(proof, hashEntry({ type: 'transfer', record: altered }), signed.root))
    }
  })

  await t.test('a later checkpoint goes on from an earlier one', async (t) => {
    const before = await signing.checkpoint()
    await signing.createTransfers(Array.from({ length: 37 }, () => moveOf(ids, [b, a])))
    const after = await signing.checkpoint()
    t.equal(after.size, before.size + 37n)
    const proof = await ledger.consistencyProof(before.size, after.size)
    t.ok(isConsistent(proof, before.root, after.root))
    t.notOk(isConsistent(proof, after.root, after.root))
    t.same(await ledger.consistencyProof(0n), { fromSize: 0n, toSize: after.size, hashes: [] })
  })

  await t.test('what the log does not have can not be proven', async (t) => {
    const { size } = await signing.checkpoint()
    await t.rejects(ledger.inclusionProof(size), ProofRangeError)
    await t.rejects(ledger.inclusionProof(-1n), ProofRangeError)
    await t.rejects(ledger.inclusionProof(0n, size + 1n), ProofRangeError)
    await t.rejects(ledger.consistencyProof(size + 1n), ProofRangeError)
  })

  await t.test('without a signer there is no checkpoint', async (t) => {
    await t.rejects(ledger.checkpoint(), SignerMissingError)
  })
}
