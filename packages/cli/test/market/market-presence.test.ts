import { ManualClock, ShardlineError, silentLog } from '@shardline/core'
import type { CapacityAsk, NodeAsk, NodeRegistry } from '@shardline/client'
import t from 'tap'
import { PRESENCE_MS, PRESENCE_RETRY_MS, PRESENCE_WITHDRAW_MS_MAX } from '../../src/limits.ts'
import { MarketPresence } from '../../src/market/market-presence.ts'

class Failure extends ShardlineError {
  override readonly name = 'Failure'
  readonly code = 'TEST_FAILURE'
  override readonly retryable: boolean

  constructor(isRetryable: boolean) {
    super('the market fails')
    this.retryable = isRetryable
  }
}

const CAPACITY = { tokensPerSecond: 5, numericClass: 'x', quantization: 'q4', workers: [] }

/** A registry that notes what it is told; fails while it is told to. */
function scripted() {
  const calls: string[] = []
  const state: { failure: Error | undefined; hangs: boolean } = { failure: undefined, hangs: false }
  const note = async (call: string): Promise<void> => {
    if (state.failure !== undefined) throw state.failure
    calls.push(call)
  }
  const registry: NodeRegistry = {
    register: ({ roles, address = '-' }) => note(`register ${roles.join(' ')} ${address}`),
    withdraw: (options) =>
      state.hangs
        ? new Promise((_, reject) => {
            options?.signal?.addEventListener('abort', () => reject(new Failure(true)))
          })
        : note('withdraw'),
    reportCapacity: async ({ model }) => {
      await note(`report ${model}`)
      return undefined as never
    },
    withdrawCapacity: (model) => note(`withdraw ${model}`),
  }
  return { calls, state, registry }
}

/** A presence on a scripted registry, whose word and capacities a test can change. */
function present() {
  const clock = new ManualClock()
  const script = scripted()
  const said: { node: NodeAsk; capacities: readonly CapacityAsk[] } = {
    node: { roles: ['driver'], address: 'ws://a:1' },
    capacities: [{ model: 'm', ...CAPACITY }],
  }
  const away: string[] = []
  const presence = new MarketPresence(
    { registry: script.registry, clock, log: silentLog },
    {
      node: async () => said.node,
      capacities: async () => said.capacities,
      onAway: ({ code }) => away.push(code),
    },
  )
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settle()
  }
  return { ...script, presence, said, away, pass }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

t.test('a node registers once, says again what it can do, and leaves', async (t) => {
  const { presence, calls, said, pass } = present()
  await presence.start()
  t.same(calls, ['register driver ws://a:1', 'report m'])
  await pass(PRESENCE_MS)
  t.same(calls.splice(0), ['register driver ws://a:1', 'report m', 'report m'])
  said.node = { roles: ['driver'], address: 'ws://b:1' }
  await pass(PRESENCE_MS)
  t.same(calls.splice(0), ['register driver ws://b:1', 'report m'], 'what is new is said')
  said.capacities = []
  await pass(PRESENCE_MS)
  await pass(PRESENCE_MS)
  t.same(calls.splice(0), ['withdraw m'], 'what it can do no more is taken back once')
  await presence.stop()
  await presence.stop()
  await pass(PRESENCE_MS)
  t.same(calls, ['withdraw'])
})

t.test('a market that refuses fails the start; one that is away is tried again', async (t) => {
  const { presence, calls, state, away, pass } = present()
  state.failure = new Failure(false)
  await t.rejects(presence.start(), { code: 'TEST_FAILURE' })
  state.failure = new Failure(true)
  await presence.start()
  t.same(away, ['TEST_FAILURE'])
  await pass(PRESENCE_RETRY_MS)
  state.failure = undefined
  await pass(PRESENCE_RETRY_MS)
  t.same(calls.splice(0), ['register driver ws://a:1', 'report m'])
  state.failure = new Failure(true)
  await pass(PRESENCE_MS)
  state.failure = undefined
  await pass(PRESENCE_RETRY_MS)
  t.same(calls, ['register driver ws://a:1', 'report m'], 'a market that comes back is told all')
  await presence.stop()
})

t.test('stopping does not wait long for a market that does not answer', async (t) => {
  const { presence, state, pass } = present()
  await presence.start()
  state.hangs = true
  const stopping = presence.stop()
  await settle()
  await pass(PRESENCE_WITHDRAW_MS_MAX)
  t.equal(await stopping, undefined, 'it has ended')
})
