import t from 'tap'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { Transport } from '@shardline/wire'
import { MemoryNetwork, MemoryTransport, WebSocketTransport } from '@shardline/wire'
import { startToyCluster, toyRequest } from './support/toy-cluster.ts'
import { toyAnswer } from './support/toy-model.ts'

const components = { clock: systemClock, log: silentLog }
const identity = await createIdentity(systemRandom)
const init = { self: { node: 'test', role: 'driver' as const, software: 'test' } }

const transports: readonly (readonly [string, () => Transport, (index: number) => string])[] = [
  [
    'memory',
    () => new MemoryTransport({ ...components, network: new MemoryNetwork(components) }, init),
    (index) => `memory:stage-${index}`,
  ],
  [
    'WebSockets',
    () => new WebSocketTransport(components, { ...init, security: { identity } }),
    () => 'ws://127.0.0.1:0',
  ],
]

for (const [name, createTransport, address] of transports) {
  t.test(`several conversations, answers and scores run over ${name}`, async (t) => {
    const transport = createTransport()
    await using cluster = await startToyCluster({ workers: 3, transport, address })
    const { pipeline } = cluster
    await using chat = await pipeline.converse({ capacity: 300 })
    const prompts = [3, 40, 130].map((length) => Array.from({ length }, (_, index) => 1 + (index % 90)))
    const answers = prompts.map((prompt) => pipeline.generate(toyRequest(prompt, { maxTokens: 20 })))
    const turn = await chat.generate(toyRequest([1, 2, 3], { maxTokens: 10 })).result
    const context = [1, 2, 3, ...turn.tokenIds, 8]
    const next = await chat.generate(toyRequest(context, { maxTokens: 10 })).result
    t.equal(next.reusedTokens, 12)
    t.same(next.tokenIds, toyAnswer(context, 10, cluster.layerCount))
    for (const [index, answer] of answers.entries()) {
      t.same((await answer.result).tokenIds, toyAnswer(prompts[index]!, 20, cluster.layerCount))
    }
    const score = await pipeline.score({
      tokenIds: prompts[2]!,
      top: 1,
      isDigestWanted: true,
      signal: undefined,
    })
    t.equal(score.topIds.length, 130)
    t.same(cluster.complaints(), [])
  })

  t.test(`a stage that stops in the middle of an answer is named over ${name}`, async (t) => {
    await using cluster = await startToyCluster({
      transport: createTransport(),
      address,
      driver: { limits: { repairsMax: 0 } },
    })
    const answer = cluster.pipeline.generate(toyRequest([1, 2, 3], { maxTokens: 3000 }))
    const iterator = answer[Symbol.asyncIterator]()
    await iterator.next()
    await cluster.workers[1]!.stop()
    await t.rejects(answer.result, { code: 'DRIVER_STAGE_LOST', message: /worker 2 \(node w2, layers 3-5/ })
  })

  t.test(`stages are told who the next one proved to be, over ${name}`, async (t) => {
    await using cluster = await startToyCluster({ workers: 2, transport: createTransport(), address })
    const [first, second] = cluster.workers
    const suffix = name === 'memory' ? '' : `#${identity.id}`
    t.equal(first?.plan?.next, `${second?.address}${suffix}`)
    t.equal(second?.plan?.next, `${cluster.validator.address}${suffix}`)
    const addresses = cluster.pipeline.stages.map((stage) => stage.address)
    t.notMatch(addresses.join(), /#/, 'what people see is the address alone')
  })

  t.test(`a worker that is not who its address says is not reached, over ${name}`, async (t) => {
    await using cluster = await startToyCluster({ transport: createTransport(), address })
    const somebody = await createIdentity(systemRandom)
    const workers = cluster.workers.map((worker) => `${worker.address}#${somebody.id}`)
    await t.rejects(cluster.form({ workers }), {
      code: 'DRIVER_STAGE_UNREACHABLE',
      cause: { code: 'WIRE_PEER_WRONG' },
    })
  })

  t.test(`an address where nobody listens is named over ${name}`, async (t) => {
    await using cluster = await startToyCluster({ transport: createTransport(), address })
    await cluster.workers[0]!.stop()
    await t.rejects(cluster.form(), { code: 'DRIVER_STAGE_UNREACHABLE', message: /worker 1/ })
  })
}
