import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { connectDriver, SAMPLING_OF_DRIVER, textAsk } from '@shardline/client'
import type { AnswerSource } from '@shardline/client'
import { SERVICE_LINK_LIMITS } from '@shardline/driver'
import {
  createIdentity,
  encryptionKeyOfEntry,
  historyKeyFromSeed,
  publicKeyOf,
  sealPrompt,
} from '@shardline/identity'
import type { DriverKeyEntry, Identity } from '@shardline/identity'
import { askContent, WebSocketTransport } from '@shardline/wire'
import type { Link, OfferMessage, PeerRole } from '@shardline/wire'
import { startAskedCluster } from '../support/asked-cluster.ts'
import type { AskedCluster } from '../support/asked-cluster.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const isSoak = process.env['SHARDLINE_SOAK'] === '1'
const HALF_OPEN = isSoak ? 10_000 : 300
const SLOW_READERS = isSoak ? 1_000 : 30
const HONEST_ASKS = isSoak ? 100 : 10
/** Another address of this machine than the one that honest users come from. */
const ATTACKER = '127.0.0.2'
const GROUP = 30
/** What a slow reader may cost: the link's buffers, and the answer's events that wait. */
const BYTES_PER_SLOW_READER = 2 * 1024 * 1024
/** What the machinery of this test takes, beside that. */
const BASE_BYTES = 256 * 1024 * 1024

const self = (role: PeerRole): { node: string; role: PeerRole; software: string } => ({
  node: role,
  role,
  software: 'test',
})

function socketTransport(role: PeerRole, identity: Identity): WebSocketTransport {
  const limits = role === 'driver' ? SERVICE_LINK_LIMITS : {}
  const components = { clock: systemClock, log: silentLog }
  return new WebSocketTransport(components, { self: self(role), security: { identity }, limits })
}

/** A way to a port on which one comes from the attacker's address. */
async function forwardAsAttacker(port: number): Promise<Server> {
  const server = createServer((incoming) => {
    const outgoing = connect({ host: '127.0.0.1', port, localAddress: ATTACKER })
    incoming.pipe(outgoing).pipe(incoming)
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      one.on('error', () => undefined)
      one.once('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Asks for much, and reads nothing of it. */
async function startSlowReader(cluster: AskedCluster, address: string): Promise<Link> {
  const transport = socketTransport('client', await createIdentity(systemRandom))
  const { driver } = cluster.target
  const expectPublicKey = publicKeyOf(driver)
  const link = await transport.dial(address, { expectPublicKey })
  const { value } = (await link.messages()[Symbol.asyncIterator]().next()) as { value: OfferMessage }
  const sampling = { ...SAMPLING_OF_DRIVER, topLogprobs: 20 }
  for (let index = 0; index < 2; index++) {
    const requestId = randomUUID()
    const sealed = await sealPrompt({
      prompt: askContent.encode(textAsk('Tell me a story.', { sampling, maxTokens: 100 })),
      driverKey: encryptionKeyOfEntry(JSON.parse(value.sealingKey) as DriverKeyEntry),
      terms: { requestId, driverId: driver, lockedPrice: 0n, expiresAtMs: Date.now() + 600_000 },
      historyKey: historyKeyFromSeed(randomBytes(32)),
      random: systemRandom,
    })
    await link.send({ kind: 'ask', ask: requestId, sealed: Buffer.from(sealed).toString('base64') })
  }
  return link
}

async function startHalfOpen(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: ATTACKER })
  socket.on('error', () => undefined)
  await once(socket, 'connect').catch(() => undefined)
  return socket
}

/** Milliseconds that a short answer takes. @throws whatever keeps it from coming */
async function timeShortAnswer(source: AnswerSource): Promise<number> {
  const startedMs = systemClock.monotonic()
  const answer = source.ask(textAsk('Tell me a story.', { maxTokens: 4 }))
  for await (const event of answer) if (event.type === 'done') break
  await answer.report
  return systemClock.monotonic() - startedMs
}

async function p99Of(source: AnswerSource): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < HONEST_ASKS; index++) times.push(await timeShortAnswer(source))
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN
}

/** Resolves when no answer of the attackers is computed any more. */
async function untilComputed({ service }: AskedCluster): Promise<void> {
  while (service.counters.answersRunning + service.counters.answersWaiting > 0) await systemClock.sleep(50)
}

async function startSlowReaders(cluster: AskedCluster, address: string): Promise<readonly Link[]> {
  const links: Link[] = []
  while (links.length < SLOW_READERS) {
    // In groups: from one address only so many handshakes may be open.
    const count = Math.min(GROUP, SLOW_READERS - links.length)
    const group = Array.from({ length: count }, () => startSlowReader(cluster, address))
    const outcomes = await Promise.allSettled(group)
    links.push(...outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])))
  }
  return links
}

t.setTimeout(isSoak ? 900_000 : 30_000)

t.test('half-open connections and readers that do not read leave honest users their answers', async (t) => {
  await using cluster = await startAskedCluster({
    cacheFolder: sharedCacheFolder(),
    workers: 1,
    door: { listen: 'ws://127.0.0.1:0', transport: (driver) => socketTransport('driver', driver) },
  })
  const transport = socketTransport('client', await createIdentity(systemRandom))
  const components = { transport, clock: systemClock, random: systemRandom, log: silentLog }
  await using honest = await connectDriver(components, cluster.target)
  await timeShortAnswer(honest)
  const aloneMs = await p99Of(honest)
  const before = process.memoryUsage.rss()
  const port = Number(new URL(cluster.service.address).port)
  const forwarder = await forwardAsAttacker(port)
  t.teardown(() => forwarder.close())
  const sockets = await Promise.all(Array.from({ length: HALF_OPEN }, () => startHalfOpen(port)))
  t.teardown(() => sockets.forEach((socket) => socket.destroy()))
  const links = await startSlowReaders(cluster, `ws://127.0.0.1:${(forwarder.address() as AddressInfo).port}`)
  t.teardown(() => Promise.all(links.map((link) => link.close('test over'))))
  t.equal(links.length, SLOW_READERS)
  // At first the driver computes what they asked for, as it does for everybody; then nothing is left but their not reading.
  const computedMs = await p99Of(honest)
  await untilComputed(cluster)
  const linksLeft = cluster.service.counters.links
  const halfOpenLeft = sockets.filter((socket) => !socket.closed).length
  t.comment(`then ${linksLeft} links and ${halfOpenLeft} half-open connections are left`)
  const attackedMs = await p99Of(honest)
  await using another = await connectDriver(components, cluster.target)
  t.ok((await timeShortAnswer(another)) > 0, 'and new users get in')
  const grownBytes = process.memoryUsage.rss() - before
  const ratio = attackedMs / aloneMs
  t.comment(`p99 while their answers are computed ${(computedMs / aloneMs).toFixed(2)} of alone`)
  t.comment(
    `p99 while they do not read ${ratio.toFixed(2)} of alone; ${Math.round(grownBytes / 2 ** 20)} MiB more`,
  )
  t.ok(grownBytes < BASE_BYTES + SLOW_READERS * BYTES_PER_SLOW_READER, 'memory stays bounded')
  // With few asks the slowest is chance. This bounds what unread links cost, not what computing for their owners does.
  if (isSoak) t.ok(ratio < 2, `p99 once their answers are computed is ${ratio} of alone`)
})
