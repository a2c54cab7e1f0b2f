import { setMaxListeners } from 'node:events'
import t from 'tap'
import { SeededRandom, systemRandom } from '@shardline/core'
import type { FairSlotsInit } from '../../src/service/fair-slots.ts'
import { FairSlots } from '../../src/service/fair-slots.ts'

const slotsOf = (slotsMax: number): FairSlots => new FairSlots({ slotsMax, slotsPerFreeMax: 4 })
const at = (identity: string, network = identity) => ({ network, identity })
const never = new AbortController().signal
setMaxListeners(0, never)

t.test('owners are served in turn, and each in order', async (t) => {
  const slots = slotsOf(1)
  const served: string[] = []
  const first = await slots.acquire(at('a'), never)
  const take = async (owner: string, name: string): Promise<void> => {
    const release = await slots.acquire(at(owner), never)
    served.push(name)
    release()
  }
  const all = [take('a', 'a1'), take('a', 'a2'), take('a', 'a3'), take('b', 'b1'), take('c', 'c1')]
  t.same([slots.running, slots.waiting], [1, 5])
  first()
  first()
  await Promise.all(all)
  t.same(served, ['a1', 'b1', 'c1', 'a2', 'a3'])
  t.same([slots.running, slots.waiting], [0, 0])
})

t.test('a network with many identities delays another by one answer', async (t) => {
  const slots = slotsOf(1)
  const served: string[] = []
  const first = await slots.acquire(at('z'), never)
  const take = async (identity: string, network: string): Promise<void> => {
    const release = await slots.acquire(at(identity, network), never)
    served.push(identity)
    release()
  }
  const all = [...['s1', 's2', 's1', 's3'].map((name) => take(name, 'crowd')), take('honest', 'home')]
  first()
  await Promise.all(all)
  t.same(served, ['s1', 'honest', 's2', 's3', 's1'])
})

t.test('who gives up waiting takes no place', async (t) => {
  const slots = slotsOf(1)
  const release = await slots.acquire(at('a'), never)
  const leave = new AbortController()
  const left = slots.acquire(at('b'), leave.signal)
  const stays = slots.acquire(at('b'), never)
  leave.abort()
  await t.rejects(left, { code: 'CORE_ABORTED' })
  t.equal(slots.waiting, 1)
  release()
  const next = await stays
  next()
  t.equal(slots.running, 0)
  await t.rejects(slots.acquire(at('a'), leave.signal), { code: 'CORE_ABORTED' })
})

t.test('a network that is alone leaves places free, and others find them at once', async (t) => {
  const slots = slotsOf(40)
  const crowd = Array.from({ length: 40 }, (_, index) => slots.acquire(at(`c${index}`, 'crowd'), never))
  t.same([slots.running, slots.waiting], [32, 8])
  const honest = await slots.acquire(at('honest'), never)
  t.same([slots.running, slots.waiting], [33, 8])
  const first = await crowd[0]
  first?.()
  t.same([slots.running, slots.waiting], [32, 8], 'the crowd gets nothing back that is beyond its share now')
  honest()
  t.same([slots.running, slots.waiting], [32, 7], 'and gets it when the other is gone')
})

t.test('places that are kept free are given to a network that has none', async (t) => {
  const slots = slotsOf(2)
  const crowd = await slots.acquire(at('c1', 'crowd'), never)
  const more = slots.acquire(at('c2', 'crowd'), never)
  t.same([slots.running, slots.waiting], [1, 1])
  const honest = await slots.acquire(at('honest'), never)
  t.same([slots.running, slots.waiting], [2, 1])
  crowd()
  ;(await more)()
  honest()
  t.same([slots.running, slots.waiting], [0, 0])
})

const seed = Number(process.env['SEED'] ?? systemRandom.integer(2 ** 31))
const NETWORKS = ['a', 'b', 'c', 'd', 'e', 'f']
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('whatever networks ask for, the last place is left to one that has none', async (t) => {
  t.comment(`SEED=${seed}`)
  const random = new SeededRandom(seed)
  const failures: string[] = []
  for (let run = 0; run < 50; run++) {
    const slotsMax = NETWORKS.length + 1 + random.integer(40)
    const slots = new FairSlots({ slotsMax, slotsPerFreeMax: 1 + random.integer(8) })
    for (const network of NETWORKS) await slots.acquire(at(network), never)
    for (let index = 0; index < slotsMax * 3; index++) {
      void slots.acquire(at(NETWORKS[random.integer(NETWORKS.length)] ?? 'a'), never)
    }
    const waiting = slots.waiting
    const newcomer = await slots.acquire(at('newcomer'), never)
    if (slots.waiting !== waiting || slots.running > slotsMax)
      failures.push(`run ${run}: ${slots.running} running`)
    newcomer()
  }
  t.same(failures, [], 'each newcomer had a place at once')
})

t.test('under any coming and going nobody waits who may have a place', async (t) => {
  t.comment(`SEED=${seed}`)
  const random = new SeededRandom(seed)
  const failures: string[] = []
  for (let run = 0; run < 10; run++) {
    const init = { slotsMax: 1 + random.integer(40), slotsPerFreeMax: 1 + random.integer(6) }
    const failure = await comeAndGo(init, random)
    if (failure !== undefined) failures.push(`run ${run}: ${failure}`)
  }
  t.same(failures, [])
})

/** Lets networks come and go; resolves with what went wrong. */
async function comeAndGo(init: FairSlotsInit, random: SeededRandom): Promise<string | undefined> {
  const slots = new FairSlots(init)
  const held = new Map(NETWORKS.map((network) => [network, [] as (() => void)[]]))
  const asked = new Map(NETWORKS.map((network) => [network, 0]))
  const heldBy = (network: string): number => held.get(network)?.length ?? 0
  for (let step = 0; step < 200; step++) {
    const network = NETWORKS[random.integer(NETWORKS.length)] ?? 'a'
    if (random.float() < 0.55) {
      asked.set(network, (asked.get(network) ?? 0) + 1)
      void slots.acquire(at(`${network}${random.integer(3)}`, network), never).then((release) => {
        asked.set(network, (asked.get(network) ?? 0) - 1)
        held.get(network)?.push(release)
      })
    } else {
      held.get(network)?.pop()?.()
    }
    await settled()
    const running = NETWORKS.reduce((sum, name) => sum + heldBy(name), 0)
    if (running !== slots.running || running > init.slotsMax)
      return `${running} of ${slots.running} are running`
    const left = init.slotsMax - running - 1
    const mayGo = (name: string): boolean =>
      left >= 0 && (heldBy(name) === 0 || heldBy(name) + 1 <= init.slotsPerFreeMax * left)
    const passedBy = NETWORKS.filter((name) => (asked.get(name) ?? 0) > 0 && mayGo(name))
    if (passedBy.length > 0) return `step ${step}: ${passedBy.join()} may have a place`
  }
  return undefined
}
