import { ManualClock, SeededRandom, silentLog, systemClock } from '@shardline/core'
import type { ListedFile, SharedFile, WeightRange } from '@shardline/model'
import type { Link, Message, WeightsAskMessage } from '@shardline/wire'
import { MemoryNetwork, MemoryTransport } from '@shardline/wire'
import t from 'tap'
import { LinkedWeightPeer } from '../../src/weights/linked-weight-peer.ts'
import { Pacer } from '../../src/weights/pacer.ts'
import { WeightSharer } from '../../src/weights/weight-sharer.ts'

const content = new SeededRandom(2).bytes(5000)
const listed: ListedFile = {
  name: 'model.gguf',
  sizeBytes: content.length,
  sha256: 'ab'.repeat(32),
  blocks: 'cd'.repeat(32),
}
const file: SharedFile = {
  listed,
  hashes: new Uint8Array(32).fill(9),
  read: async (offset, length) => (offset >= 4000 ? undefined : content.slice(offset, offset + length)),
}
const digests = (): readonly string[] => []
const files = { digests, find: async (blocks: string) => (blocks === listed.blocks ? file : undefined) }
const limits = { asksMax: 1, waitingMax: 2, bytesPerSecondMax: 1e12 }

const ask = (over: Partial<WeightsAskMessage> = {}): WeightsAskMessage => ({
  kind: 'weights-ask',
  request: 1,
  file: listed.blocks,
  part: 'bytes',
  offset: 10,
  length: 20,
  ...over,
})
const range = (over: Partial<WeightRange> = {}): WeightRange => ({
  file: listed,
  part: 'bytes',
  offset: 10,
  length: 20,
  ...over,
})
const until = { signal: new AbortController().signal }

t.test('gives ranges of the files and of their hashes', async (t) => {
  const sharer = new WeightSharer({ clock: systemClock, files }, limits)
  t.strictSame(await sharer.answer(ask()), { kind: 'weights', request: 1, payload: content.slice(10, 30) })
  const { payload } = await sharer.answer(ask({ part: 'blocks', offset: 30, length: 2 }))
  t.strictSame(payload, new Uint8Array(2).fill(9))
  t.equal(sharer.sentBytes, 22)
})

t.test('refuses by name what is not held, not shared, or not there', async (t) => {
  const sharer = new WeightSharer({ clock: systemClock, files }, limits)
  await t.rejects(sharer.answer(ask({ file: '00'.repeat(32) })), { code: 'NODE_WEIGHTS_NOT_HELD' })
  await t.rejects(sharer.answer(ask({ offset: 4000 })), {
    code: 'NODE_WEIGHTS_NOT_HELD',
    message: 'this node does not hold 20 bytes from 4000 on of model.gguf',
  })
  await t.rejects(sharer.answer(ask({ part: 'blocks', offset: 31, length: 2 })), {
    code: 'MODEL_SOURCE_RANGE',
  })
  const closed = new WeightSharer({ clock: systemClock, files: undefined }, limits)
  await t.rejects(closed.answer(ask()), { code: 'NODE_WEIGHTS_NOT_SHARED' })
})

t.test('refuses asks above those that may run and wait', async (t) => {
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const slow = { digests, find: () => gate.then(() => file) }
  const sharer = new WeightSharer({ clock: systemClock, files: slow }, limits)
  const waiting = [1, 2, 3].map(() => sharer.answer(ask()))
  await t.rejects(sharer.answer(ask()), { code: 'NODE_WEIGHTS_BUSY', retryable: true })
  release()
  t.equal((await Promise.all(waiting)).length, 3)
})

t.test('gives no more bytes a second than it may', async (t) => {
  const clock = new ManualClock(5000)
  const pacer = new Pacer(clock, 1000)
  let taken = 0
  const take = async (): Promise<void> => {
    await pacer.take(500, until.signal)
    taken += 500
  }
  const all = Promise.all(Array.from({ length: 6 }, take))
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const seen: number[] = []
  for (let step = 0; step < 6; step++) {
    await settle()
    seen.push(taken)
    clock.advance(500)
  }
  await all
  t.same(seen, [0, 500, 1000, 1500, 2000, 2500])
})

/** A node in memory that answers asks with what `answer` says. */
async function serve(
  answer: (message: WeightsAskMessage, link: Link) => Message | undefined,
  { silenceMsMax = 60_000 } = {},
) {
  const components = { clock: systemClock, log: silentLog }
  const network = new MemoryNetwork(components)
  const transportOf = (node: string) =>
    new MemoryTransport({ ...components, network }, { self: { node, role: 'worker', software: 'test' } })
  const links: Link[] = []
  const listener = await transportOf('giver').listen('memory:giver', (link) => {
    links.push(link)
    void (async () => {
      for await (const message of link.messages()) {
        const reply = message.kind === 'weights-ask' ? answer(message, link) : undefined
        if (reply !== undefined) await link.send(reply)
      }
    })().catch(() => undefined)
  })
  const peer = new LinkedWeightPeer(
    { transport: transportOf('asker'), clock: systemClock },
    { address: 'memory:giver', dialMsMax: 60_000, silenceMsMax, idleMsMax: 20 },
  )
  const close = async (): Promise<void> => {
    await peer.close()
    await listener.close()
  }
  return { peer, links, listener, [Symbol.asyncDispose]: close }
}

const given = (request: number): Message => ({ kind: 'weights', request, payload: content.slice(10, 30) })
const refusal = (request: number, code: string): Message => {
  return { kind: 'error', code, message: 'no', request, pipeline: null, sessions: [], isFatal: false }
}

t.test('asks over one link, and closes it when nothing is asked for a while', async (t) => {
  await using node = await serve(({ request }) => given(request))
  const both = await Promise.all([node.peer.read(range(), until), node.peer.read(range(), until)])
  for (const bytes of both) t.strictSame(bytes, content.slice(10, 30))
  t.equal(node.links.length, 1)
  await node.links[0]?.closed
  t.strictSame(await node.peer.read(range(), until), content.slice(10, 30))
  t.equal(node.links.length, 2)
})

t.test('tells apart who does not hold a range, is busy, and refuses', async (t) => {
  const codes = ['NODE_WEIGHTS_NOT_HELD', 'NODE_WEIGHTS_BUSY', 'NODE_WEIGHTS_NOT_SHARED']
  await using node = await serve(({ request }) => refusal(request, codes[request] ?? ''))
  await t.rejects(node.peer.read(range(), until), { code: 'MODEL_WEIGHTS_NOT_HELD' })
  await t.rejects(node.peer.read(range(), until), { code: 'NODE_WEIGHTS_REFUSED', retryable: true })
  await t.rejects(node.peer.read(range(), until), { code: 'NODE_WEIGHTS_REFUSED', retryable: false })
})

t.test('waits only so long for a slow node, and ignores what comes later', async (t) => {
  let late: Message | undefined
  const answer = ({ request }: WeightsAskMessage): Message | undefined => {
    if (request > 0) return late
    late = given(0)
    return undefined
  }
  await using node = await serve(answer, { silenceMsMax: 100 })
  await t.rejects(node.peer.read(range(), until), { code: 'NODE_WEIGHTS_PEER_SILENT', retryable: true })
  await t.rejects(
    node.peer.read(range(), until),
    { code: 'NODE_WEIGHTS_PEER_SILENT' },
    'an answer to another ask',
  )
})

t.test('names a node whose link is lost or that cannot be reached, and dials it anew', async (t) => {
  let isDying = true
  await using node = await serve(({ request }, link) => {
    if (!isDying) return given(request)
    void link.close('dying')
    return undefined
  })
  await t.rejects(node.peer.read(range(), until), { code: 'NODE_WEIGHTS_PEER_LOST', retryable: true })
  isDying = false
  t.strictSame(await node.peer.read(range(), until), content.slice(10, 30))
  await node.listener.close()
  await node.links[1]?.closed
  await t.rejects(node.peer.read(range(), until), { code: 'NODE_WEIGHTS_PEER_LOST', message: /memory:giver/ })
})
