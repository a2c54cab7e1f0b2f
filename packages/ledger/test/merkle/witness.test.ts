import { generateKeyPairSync } from 'node:crypto'
import { hashLeaf, hashNode, ManualClock } from '@shardline/core'
import type { Hash } from '@shardline/core'
import t from 'tap'
import {
  CompactRange,
  MemoryWitnessStore,
  NoteSignatureError,
  Witness,
  cosigners,
  ed25519Signer,
  signCheckpoint,
} from '@shardline/ledger'
import type { WitnessAnswer } from '@shardline/ledger'
import { proveConsistency } from '../../src/merkle/prove.ts'

const newSigner = (name: string) => ed25519Signer(name, generateKeyPairSync('ed25519').privateKey)
const log = newSigner('log.example')

/** A log in memory. */
class MemoryLog {
  readonly leaves: Hash[] = []

  constructor(texts: readonly string[]) {
    for (const text of texts) this.leaves.push(hashLeaf(Buffer.from(text)))
  }

  async request(fromSize: bigint, signer = log) {
    const range = CompactRange.empty()
    for (const leaf of this.leaves) range.append(leaf)
    const { note } = await signCheckpoint({ size: range.size, root: range.root() }, signer)
    const { hashes } = await proveConsistency(fromSize, range.size, async (height, index) =>
      this.#node(height, Number(index)),
    )
    return { note, fromSize, hashes }
  }

  #node(height: number, index: number): Hash {
    if (height === 0) return this.leaves[index]!
    return hashNode(this.#node(height - 1, index * 2), this.#node(height - 1, index * 2 + 1))
  }
}

function newWitness() {
  const signer = newSigner('witness.example')
  const store = new MemoryWitnessStore()
  return { signer, store, witness: new Witness({ signer, store, clock: new ManualClock(1_000) }, [log]) }
}
const statusOf = ({ status }: WitnessAnswer): string => status

t.test('a log that only grows is signed again and again', async (t) => {
  const { witness, signer } = newWitness()
  const honest = new MemoryLog(['a', 'b', 'c'])
  const first = await honest.request(0n)
  const answer = await witness.witness(first)
  t.equal(answer.status, 'cosigned')
  t.same(cosigners(first.note + (answer.status === 'cosigned' ? answer.line : ''), [signer]), [signer])
  honest.leaves.push(...new MemoryLog(['d', 'e']).leaves)
  t.equal(statusOf(await witness.witness(await honest.request(3n))), 'cosigned')
  t.equal(statusOf(await witness.witness(await honest.request(5n))), 'cosigned')
})

t.test('a forked log is found: same size, other past, shorter past', async (t) => {
  const { witness, store } = newWitness()
  const honest = new MemoryLog(['a', 'b', 'c'])
  t.equal(statusOf(await witness.witness(await honest.request(0n))), 'cosigned')
  const kept = await store.read('log.example')
  t.equal(statusOf(await witness.witness(await new MemoryLog(['a', 'b', 'x']).request(3n))), 'fork')
  t.equal(statusOf(await witness.witness(await new MemoryLog(['a', 'x', 'c', 'd']).request(3n))), 'fork')
  const forged = new MemoryLog(['a', 'x', 'c', 'd'])
  const { hashes } = await new MemoryLog(['a', 'b', 'c', 'd']).request(3n)
  t.equal(statusOf(await witness.witness({ ...(await forged.request(3n)), hashes })), 'fork')
  t.same(await witness.witness(await new MemoryLog(['a', 'b']).request(2n)), { status: 'conflict', size: 3n })
  t.same(await store.read('log.example'), kept, 'a fork leaves what was kept as it is')
})

t.test('two requests at once can not both go on from the same head', async (t) => {
  const { witness } = newWitness()
  const [one, other] = [new MemoryLog(['a', 'b']), new MemoryLog(['a', 'x', 'y'])]
  const answers = await Promise.all([
    witness.witness(await one.request(0n)),
    witness.witness(await other.request(0n)),
  ])
  t.same(answers.map(statusOf).toSorted(), ['conflict', 'cosigned'])
})

t.test('logs that nobody introduced are refused', async (t) => {
  const { witness } = newWitness()
  const stranger = await new MemoryLog(['a']).request(0n, newSigner('stranger.example'))
  await t.rejects(witness.witness(stranger), NoteSignatureError)
  const impostor = await new MemoryLog(['a']).request(0n, newSigner('log.example'))
  await t.rejects(witness.witness(impostor), NoteSignatureError)
})
