import t from 'tap'
import { FairSlots } from '../../src/service/fair-slots.ts'

const at = (identity: string, network = identity) => ({ network, identity })
const never = new AbortController().signal

t.test('owners are served in turn, and each in order', async (t) => {
  const slots = new FairSlots(1)
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
  const slots = new FairSlots(1)
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
  const slots = new FairSlots(1)
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

t.test('as many run as there are places', async (t) => {
  const slots = new FairSlots(3)
  const releases = await Promise.all([1, 2, 3].map(() => slots.acquire(at('a'), never)))
  let isServed = false
  const fourth = slots.acquire(at('b'), never).then((release) => {
    isServed = true
    return release
  })
  await Promise.resolve()
  t.notOk(isServed)
  for (const release of releases) release()
  ;(await fourth)()
  t.equal(slots.running, 0)
})
