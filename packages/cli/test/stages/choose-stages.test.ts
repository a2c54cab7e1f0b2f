import type { MarketNode } from '@shardline/client'
import { SeededRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import t from 'tap'
import { NodesMissingError } from '../../src/errors.ts'
import { FOUND_SPARES_MAX, FOUND_WORKERS_MAX } from '../../src/limits.ts'
import { chooseStages } from '../../src/stages/choose-stages.ts'

/** Keys take time to make; nobody is used twice in one test. */
const random = new SeededRandom(5)
const everybody = await Promise.all(Array.from({ length: 70 }, async () => (await createIdentity(random)).id))
let used = 0
const someone = (): PartyId => everybody[used++ % everybody.length]!
const self = someone()

/** A node whose memory holds `bytes` of layers. */
function nodeOf(
  bytes: number,
  over: Partial<MarketNode> & { numericClass?: string; decodeMs?: number } = {},
): MarketNode {
  const { numericClass = 'a', decodeMs = 10, ...rest } = over
  return {
    node: someone(),
    address: 'ws://10.0.0.1:7101',
    region: undefined,
    work: { numericClass, memoryBytes: Math.ceil(bytes / 0.7), decodeMs },
    priceFloor: undefined,
    completed: 0,
    ...rest,
  }
}

const dialed = ({ address, node }: MarketNode): string => `${address}#${node}`

t.test('takes the fastest workers that hold the model, and keeps the others by', async (t) => {
  const slow = nodeOf(100, { decodeMs: 30 })
  const [fast, middle] = [nodeOf(60, { decodeMs: 10 }), nodeOf(60, { decodeMs: 20 })]
  const [signer, other] = [nodeOf(0), nodeOf(0)]
  t.strictSame(
    chooseStages({ workers: [slow, fast, middle], validators: [signer, other] }, { bytesNeeded: 100, self }),
    {
      workers: [dialed(fast), dialed(middle)],
      validator: dialed(signer),
      spares: { workers: [dialed(slow)], validators: [dialed(other)] },
    },
  )
})

t.test('mixes no numeric classes, and takes the one with most memory', async (t) => {
  const fast = nodeOf(100, { numericClass: 'b', decodeMs: 1 })
  const [one, two] = [nodeOf(80), nodeOf(80)]
  const { workers, spares } = chooseStages(
    { workers: [fast, one, two], validators: [nodeOf(0)] },
    { bytesNeeded: 150, self },
  )
  t.same(new Set(workers), new Set([dialed(one), dialed(two)]))
  t.strictSame(spares.workers, [])
})

t.test('nobody is two stages, and the driver is none', async (t) => {
  const own = nodeOf(1000, { node: self, decodeMs: 1 })
  const worker = nodeOf(100)
  const { workers, validator } = chooseStages(
    { workers: [own, worker], validators: [own, worker, nodeOf(0, { address: 'ws://10.0.0.9:1' })] },
    { bytesNeeded: 100, self },
  )
  t.strictSame(workers, [dialed(worker)])
  t.match(validator, /^ws:\/\/10\.0\.0\.9:1#/)
  const both = [nodeOf(100), nodeOf(100)]
  const chosen = chooseStages({ workers: both, validators: both }, { bytesNeeded: 100, self })
  t.equal(new Set([...chosen.workers, chosen.validator, ...chosen.spares.workers]).size, 2)
})

t.test('says what is missing', async (t) => {
  const worker = nodeOf(100)
  const attempts = [
    { workers: [], validators: [nodeOf(0)] },
    { workers: [worker], validators: [nodeOf(0)] },
    { workers: [nodeOf(1000)], validators: [] },
    { workers: [nodeOf(1000, { work: undefined })], validators: [nodeOf(0)] },
  ]
  for (const [index, nodes] of attempts.entries()) {
    t.throws(() => chooseStages(nodes, { bytesNeeded: 500, self }), NodesMissingError, String(index))
  }
})

t.test('takes no more than its limits allow', async (t) => {
  const many = Array.from({ length: 40 }, () => nodeOf(1000))
  const { workers, spares } = chooseStages(
    { workers: many, validators: Array.from({ length: 20 }, () => nodeOf(0)) },
    { bytesNeeded: 1000 * FOUND_WORKERS_MAX - 5, self },
  )
  t.equal(workers.length, FOUND_WORKERS_MAX)
  t.equal(spares.workers.length, FOUND_SPARES_MAX)
  t.equal(spares.validators.length, FOUND_SPARES_MAX)
  t.throws(
    () => chooseStages({ workers: many, validators: [nodeOf(0)] }, { bytesNeeded: 30_000, self }),
    NodesMissingError,
  )
})
