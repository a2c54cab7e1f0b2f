import t from 'tap'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { connectDriver, textAsk } from '@shardline/client'
import type { AnswerSource } from '@shardline/client'
import { SERVICE_LINK_LIMITS } from '@shardline/driver'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import type { PeerRole } from '@shardline/wire'
import { startAskedCluster } from '../support/asked-cluster.ts'
import { Attackers } from '../support/flood/attackers.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const isSoak = process.env['SHARDLINE_SOAK'] === '1'
const HALF_OPEN = Number(process.env['HALF'] ?? (isSoak ? 10_000 : 300))
const SLOW_READERS = Number(process.env['SLOW'] ?? (isSoak ? 1_000 : 30))
const HONEST_ASKS = Number(process.env['ASKS'] ?? (isSoak ? 400 : 10))
/** Another address of this machine than the one that honest users come from. */
const ATTACKER = '127.0.0.2'

function socketTransport(role: PeerRole, identity: Identity): WebSocketTransport {
  const limits = role === 'driver' ? SERVICE_LINK_LIMITS : {}
  const components = { clock: systemClock, log: silentLog }
  return new WebSocketTransport(components, { self: { node: role, role, software: 'test' }, security: { identity }, limits })
}

/** Milliseconds that a short answer takes. @throws whatever keeps it from coming */
async function timeShortAnswer(source: AnswerSource): Promise<number> {
  const startedMs = systemClock.monotonic()
  const answer = source.ask(textAsk('Tell me a story.', { maxTokens: 4 }))
  for await (const event of answer) if (event.type === 'done') break
  await answer.report
  return systemClock.monotonic() - startedMs
}

async function timesOf(source: AnswerSource): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < HONEST_ASKS; index++) times.push(await timeShortAnswer(source))
  return times.toSorted((a, b) => a - b)
}
const show = (times: number[]): string => [0.5, 0.9, 0.95, 0.99, 1].map((q) => `p${q * 100} ${times[Math.min(times.length - 1, Math.floor(times.length * q))]?.toFixed(1)}`).join(' ')

t.setTimeout(isSoak ? 900_000 : 600_000)

t.test('half-open connections and readers that do not read leave honest users their answers', async (t) => {
  await using cluster = await startAskedCluster({
    cacheFolder: sharedCacheFolder(),
    workers: 1,
    door: { listen: 'ws://127.0.0.1:0', transport: (driver) => socketTransport('driver', driver) },
  })
  const transport = socketTransport('client', await createIdentity(systemRandom))
  const components = { transport, clock: systemClock, random: systemRandom, log: silentLog }
  await using honest = await connectDriver(components, cluster.target)
  await timesOf(honest)
  t.comment(show(await timesOf(honest)))
  const port = Number(new URL(cluster.service.address).port)
  const t0 = performance.now()
  const before = process.memoryUsage.rss()
  await using attackers = await Attackers.start({ port, from: ATTACKER, driver: cluster.target.driver, halfOpen: HALF_OPEN, slowReaders: SLOW_READERS })
  t.comment('ready after', performance.now() - t0, attackers.state, cluster.service.counters)
  for (let i = 0; i < Number(process.env['ROUNDS'] ?? 3); i++) {
    const c0 = process.cpuUsage(); const t1 = performance.now()
    const times = await timesOf(honest)
    const c1 = process.cpuUsage(c0)
    t.comment(show(times), 'cpu', ((c1.user + c1.system) / 1000 / (performance.now() - t1)).toFixed(2), 'wall', (performance.now() - t1).toFixed(0))
    t.comment(JSON.stringify(attackers.state), JSON.stringify({...cluster.service.counters, asksFailed: Object.fromEntries(cluster.service.counters.asksFailed)}), (process.memoryUsage.rss() - before) >> 20)
  }
  t.pass()
})
