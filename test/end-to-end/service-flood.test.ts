import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
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
const HONEST_ASKS = 10
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

/** Asks for much, and reads nothing of it. */
async function startSlowReader(cluster: AskedCluster): Promise<Link> {
  const transport = socketTransport('client', await createIdentity(systemRandom))
  const { driver } = cluster.target
  const expectPublicKey = publicKeyOf(driver)
  const link = await transport.dial(cluster.service.address, { expectPublicKey })
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
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  await once(socket, 'connect').catch(() => undefined)
  return socket
}

async function askShort(source: AnswerSource): Promise<boolean> {
  const answer = source.ask(textAsk('Tell me a story.', { maxTokens: 4 }))
  for await (const event of answer) if (event.type === 'done') break
  return (await answer.report).isVerified
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
  t.ok(await askShort(honest))
  const before = process.memoryUsage.rss()
  const port = Number(new URL(cluster.service.address).port)
  const sockets = await Promise.all(Array.from({ length: HALF_OPEN }, () => startHalfOpen(port)))
  const links: Link[] = []
  while (links.length < SLOW_READERS) {
    // In groups: from one address only so many handshakes may be open.
    const group = Array.from({ length: GROUP }, () => startSlowReader(cluster))
    const outcomes = await Promise.allSettled(group)
    links.push(...outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])))
  }
  let answered = 0
  for (let index = 0; index < HONEST_ASKS; index++) if (await askShort(honest)) answered += 1
  t.equal(answered, HONEST_ASKS)
  await using another = await connectDriver(components, cluster.target)
  t.ok(await askShort(another), 'and new users get in')
  const grownBytes = process.memoryUsage.rss() - before
  t.ok(
    grownBytes < BASE_BYTES + SLOW_READERS * BYTES_PER_SLOW_READER,
    `${Math.round(grownBytes / 2 ** 20)} MiB more`,
  )
  for (const socket of sockets) socket.destroy()
  await Promise.all(links.map((link) => link.close('test over')))
})
