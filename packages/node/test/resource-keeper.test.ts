import t from 'tap'
import { ResourceKeeper } from '../src/resource-keeper.ts'

class Thing implements AsyncDisposable {
  readonly name: string
  readonly #log: string[]
  constructor(name: string, log: string[]) {
    this.name = name
    this.#log = log
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#log.push(`free ${this.name}`)
  }
}

function fixture() {
  const log: string[] = []
  const keeper = new ResourceKeeper<Thing>()
  const acquire = (key: string, signal = new AbortController().signal) =>
    keeper.acquire({
      key,
      label: key,
      signal,
      load: async () => {
        log.push(`load ${key}`)
        return new Thing(key, log)
      },
    })
  return { log, keeper, acquire }
}

t.test('loads once for all who ask for the same, also at the same time', async (t) => {
  const { log, acquire } = fixture()
  const [a, b] = await Promise.all([acquire('x'), acquire('x')])
  t.equal(a.resource, b.resource)
  t.same(log, ['load x'])
})

t.test('keeps what was given back for the next one, and frees it before another is loaded', async (t) => {
  const { log, acquire, keeper } = fixture()
  const first = await acquire('x')
  first.release()
  const again = await acquire('x')
  t.equal(again.resource, first.resource)
  again.release()
  await acquire('y')
  t.same(log, ['load x', 'free x', 'load y'])
  await keeper.stop()
  t.equal(log.at(-1), 'free y')
})

t.test(
  'refuses another one while somebody uses the first, however often that one is given back',
  async (t) => {
    const { acquire } = fixture()
    const first = await acquire('x')
    const second = await acquire('x')
    first.release()
    first.release()
    await t.rejects(acquire('y'), { code: 'NODE_STAGE_BUSY' })
    second.release()
    await t.resolves(acquire('y'))
  },
)

t.test('keeps another one beside those in use where there is room', async (t) => {
  const log: string[] = []
  const keeper = new ResourceKeeper<Thing>()
  const { signal } = new AbortController()
  const acquire = (key: string, roomFor: number) =>
    keeper.acquire({
      key,
      label: key,
      signal,
      hasRoom: (beside) => beside.length < roomFor,
      load: async () => {
        log.push(`load ${key}`)
        return new Thing(key, log)
      },
    })
  const x = await acquire('x', 1)
  const y = await acquire('y', 2)
  await t.rejects(acquire('z', 2), { code: 'NODE_STAGE_BUSY' })
  t.equal((await acquire('x', 1)).resource, x.resource)
  y.release()
  await acquire('z', 2)
  t.same(log, ['load x', 'load y', 'free y', 'load z'])
  await keeper.stop()
  t.same(log.slice(4).toSorted(), ['free x', 'free z'])
})

t.test('lets a failed load be tried again', async (t) => {
  const keeper = new ResourceKeeper<Thing>()
  const { signal } = new AbortController()
  const bad = keeper.acquire({
    key: 'x',
    label: 'x',
    signal,
    load: () => Promise.reject(new Error('broken')),
  })
  await t.rejects(bad, { message: 'broken' })
  const lease = await keeper.acquire({ key: 'x', label: 'x', signal, load: async () => new Thing('x', []) })
  t.equal(lease.resource.name, 'x')
})

t.test('keeps what is loaded, also for one who came too late to want it', async (t) => {
  const { log, acquire } = fixture()
  const first = await acquire('x')
  first.release()
  await t.rejects(acquire('x', AbortSignal.abort()), { code: 'CORE_ABORTED' })
  const again = await acquire('x')
  t.equal(again.resource, first.resource)
  t.same(log, ['load x'])
})

t.test('gives a load up when the last one who waits for it does', async (t) => {
  const keeper = new ResourceKeeper<Thing>()
  const first = new AbortController()
  const second = new AbortController()
  let loadSignal: AbortSignal | undefined
  const acquire = (signal: AbortSignal) =>
    keeper.acquire({
      key: 'x',
      label: 'x',
      signal,
      load: (own) => {
        loadSignal = own
        return new Promise<Thing>((_, reject) => {
          own.addEventListener('abort', () => reject(new Error('given up')))
        })
      },
    })
  const waits = [acquire(first.signal), acquire(second.signal)]
  first.abort()
  await t.rejects(waits[0]!, { code: 'CORE_ABORTED' })
  t.equal(loadSignal?.aborted, false, 'the second still waits')
  second.abort()
  await t.rejects(waits[1]!, { code: 'CORE_ABORTED' })
  t.equal(loadSignal?.aborted, true)
})
