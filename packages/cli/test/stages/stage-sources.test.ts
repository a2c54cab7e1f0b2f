import type { MarketNode } from '@shardline/client'
import { ManualClock, SeededRandom, silentLog } from '@shardline/core'
import type { EnlistChange, EnlistedNode } from '@shardline/driver'
import { createIdentity } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import t from 'tap'
import { EnlistedStages } from '../../src/stages/enlisted-stages.ts'
import type { EnlistedStagesInit } from '../../src/stages/enlisted-stages.ts'
import { GivenStages } from '../../src/stages/given-stages.ts'
import { MarketStages } from '../../src/stages/market-stages.ts'
import { stageSourceCompliance } from '../compliance/stage-source-compliance.ts'

const random = new SeededRandom(9)
const parties = await Promise.all(Array.from({ length: 6 }, async () => (await createIdentity(random)).id))
const [self, ...others] = parties as [PartyId, ...PartyId[]]
const BYTES_NEEDED = 100
const LOOK_MS = 1000

function enlisted(index: number, role: EnlistedNode['role'] = 'worker'): EnlistedNode {
  return {
    role,
    name: `node-${index}`,
    node: others[index]!,
    address: `ws://10.0.0.${index}:7101`,
    work: { numericClass: 'a', memoryBytes: 1000, decodeMs: 10 + index },
  }
}

function listed(index: number, over: Partial<MarketNode> = {}): MarketNode {
  const { node, address, work } = enlisted(index)
  return { node, address, work, region: undefined, priceFloor: undefined, completed: 0, ...over }
}

const placed = ({ address, node }: { readonly address: string; readonly node: PartyId }): string =>
  `${address}#${node}`

/** Lets everything that is ready go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

/** A door that nobody has to dial. */
class DoorDouble {
  nodes: EnlistedNode[]
  readonly missing: string[] = []
  readonly #watchers = new Set<(change: EnlistChange) => void>()

  constructor(nodes: readonly EnlistedNode[]) {
    this.nodes = [...nodes]
  }

  watch(watcher: (change: EnlistChange) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  tellMissing(missing: string): void {
    this.missing.push(missing)
  }

  come(node: EnlistedNode): void {
    this.nodes.push(node)
    for (const watcher of this.#watchers) watcher({ kind: 'came', node })
  }

  go(node: EnlistedNode): void {
    this.nodes = this.nodes.filter((other) => other !== node)
    for (const watcher of this.#watchers) watcher({ kind: 'went', node })
  }
}

function enlistedStages(door: DoorDouble, over: Partial<EnlistedStagesInit> = {}): EnlistedStages {
  const given = { workers: undefined, validator: undefined, spares: { workers: [], validators: [] } }
  const init = {
    given,
    bytesNeeded: BYTES_NEEDED,
    workersWanted: undefined,
    self,
    onMissing: () => undefined,
  }
  return new EnlistedStages(door, { ...init, ...over })
}

/** A market of these nodes, and a clock that makes the source look again. */
class MarketDouble {
  readonly clock = new ManualClock()
  workers: readonly MarketNode[] = [listed(0), listed(1)]
  validators: readonly MarketNode[] = [listed(2)]
  price: string | undefined = '100.5'
  readonly notes: string[] = []
  readonly source: MarketStages

  constructor() {
    this.source = new MarketStages(
      {
        directory: { nodes: async (role) => (role === 'worker' ? this.workers : this.validators) },
        price: async () => this.price,
        clock: this.clock,
        log: silentLog,
      },
      {
        bytesNeeded: BYTES_NEEDED,
        workersWanted: undefined,
        self,
        lookMs: LOOK_MS,
        onPassedOver: (note) => this.notes.push(note),
      },
    )
  }

  async look(): Promise<void> {
    this.clock.advance(LOOK_MS)
    await settle()
  }
}

t.test('nodes that are given by hand', async (t) => {
  const workers = [placed(enlisted(0)), placed(enlisted(1))]
  const validator = placed(enlisted(2))
  stageSourceCompliance(t, async () => ({
    source: new GivenStages({ workers, validator, spares: { workers: [], validators: [] } }),
    workers,
    validator,
    come: undefined,
    go: undefined,
  }))
})

t.test('nodes that a market lists', async (t) => {
  stageSourceCompliance(t, async () => {
    const market = new MarketDouble()
    return {
      source: market.source,
      workers: market.workers.map(placed),
      validator: placed(listed(2)),
      come: async () => {
        market.workers = [...market.workers, listed(3)]
        await market.look()
        return placed(listed(3))
      },
      go: async (address) => {
        market.workers = market.workers.filter((node) => placed(node) !== address)
        await market.look()
      },
    }
  })
})

t.test('nodes that enlist', async (t) => {
  stageSourceCompliance(t, async () => {
    const door = new DoorDouble([enlisted(0), enlisted(1), enlisted(2, 'validator')])
    const late = enlisted(3)
    return {
      source: enlistedStages(door),
      workers: [enlisted(0), enlisted(1)].map(placed),
      validator: placed(enlisted(2)),
      come: async () => {
        door.come(late)
        return placed(late)
      },
      go: async () => door.go(late),
    }
  })
})

t.test('nodes that enlist beside given ones stand by', async (t) => {
  const door = new DoorDouble([enlisted(0), enlisted(1, 'validator')])
  const spares = { workers: ['ws://spare:1'], validators: [] }
  const given = { workers: ['ws://w:1'], validator: 'ws://v:1', spares }
  t.strictSame(await enlistedStages(door, { given }).find({ signal: undefined }), {
    workers: ['ws://w:1'],
    validator: 'ws://v:1',
    spares: { workers: ['ws://spare:1', placed(enlisted(0))], validators: [placed(enlisted(1))] },
  })
})

t.test('a driver without nodes waits for them, and says what is missing', async (t) => {
  const door = new DoorDouble([])
  const told: string[] = []
  const source = enlistedStages(door, { workersWanted: 2, onMissing: (missing) => told.push(missing) })
  const finding = source.find({ signal: undefined })
  await settle()
  door.come(enlisted(0))
  await settle()
  t.same(source.notes, ['waits for nodes; missing: a worker and a validator'])
  door.come(enlisted(2, 'validator'))
  await settle()
  door.come(enlisted(1))
  const found = await finding
  t.same(found.workers, [enlisted(0), enlisted(1)].map(placed))
  t.same(told, ['2 workers and a validator', 'a worker and a validator', 'a worker', ''])
  t.same(door.missing, told, 'all nodes hear it')
  const given = { workers: ['ws://w:1'], validator: undefined, spares: { workers: [], validators: [] } }
  const half = enlistedStages(new DoorDouble([]), { given, onMissing: (missing) => told.push(missing) })
  const over = new AbortController()
  const waiting = half.find({ signal: over.signal })
  await settle()
  t.equal(told.at(-1), 'a validator', 'what is given is not waited for')
  over.abort()
  await t.rejects(waiting, { code: 'CORE_ABORTED' })
})

t.test('who left between the finding and the watching is told of', async (t) => {
  const door = new DoorDouble([enlisted(0), enlisted(1), enlisted(2, 'validator')])
  const source = enlistedStages(door)
  await source.find({ signal: undefined })
  door.nodes = door.nodes.filter(({ name }) => name !== 'node-1')
  const [gone, came]: [string[], string[]] = [[], []]
  source.watch({ came: ({ address }) => came.push(address), went: (address) => gone.push(address) })
  t.same(gone, [placed(enlisted(1))])
  t.same(came, [])
})

t.test('a worker of another numeric class does not stand by, and the driver says so', async (t) => {
  const door = new DoorDouble([enlisted(0), enlisted(2, 'validator')])
  const source = enlistedStages(door)
  await source.find({ signal: undefined })
  const came: string[] = []
  source.watch({ came: ({ address }) => came.push(address), went: () => undefined })
  door.come({ ...enlisted(1), work: { ...enlisted(1).work, numericClass: 'b' } })
  door.come(enlisted(3))
  t.same(came, [placed(enlisted(3))])
  t.match(source.notes, [/another numeric class than a: node-1 \(b\)$/])
})

t.test(
  'nodes are passed over while the price is below their floor, and used again when it rises',
  async (t) => {
    const market = new MarketDouble()
    market.workers = [listed(0, { priceFloor: 101n }), listed(1, { priceFloor: 100n })]
    const found = await market.source.find({ signal: undefined })
    t.same(found.workers, [placed(listed(1))], '100.5 reaches 100 and not 101')
    t.same(found.spares.workers, [])
    const [note = ''] = market.source.notes
    t.match(note, `1 nodes of the market are passed over, price 100.5: ${others[0]} (floor 101)`)
    const told: string[] = []
    const end = market.source.watch({
      came: ({ address }) => told.push(`came ${address}`),
      went: (address) => told.push(`went ${address}`),
    })
    market.price = '101'
    await market.look()
    t.same(told, [`came ${placed(listed(0))}`])
    t.same(market.source.notes, [])
    market.price = '100.999999'
    await market.look()
    t.same(told.slice(1), [`went ${placed(listed(0))}`])
    market.price = undefined
    await market.look()
    t.equal(market.notes.at(-1)?.includes('no price'), true)
    end()
  },
)

t.test(
  'a market whose nodes of another class grow more does not change the class of a pipeline',
  async (t) => {
    const market = new MarketDouble()
    const { source } = market
    await source.find({ signal: undefined })
    const came: string[] = []
    const end = source.watch({ came: ({ address }) => came.push(address), went: () => undefined })
    const work = { numericClass: 'b', memoryBytes: 1e9, decodeMs: 1 }
    market.workers = [...market.workers, listed(3, { work }), listed(4)]
    await market.look()
    t.same(came, [placed(listed(4))])
    t.same((await source.find({ signal: undefined })).workers, [placed(listed(3))], 'a new one may be of it')
    end()
  },
)

t.test('a market all of whose nodes want more has none', async (t) => {
  const market = new MarketDouble()
  market.validators = [listed(2, { priceFloor: 200n })]
  await t.rejects(market.source.find({ signal: undefined }), { code: 'CLI_NODES_MISSING' })
  market.price = '200'
  t.equal((await market.source.find({ signal: undefined })).validator, placed(listed(2)))
})
