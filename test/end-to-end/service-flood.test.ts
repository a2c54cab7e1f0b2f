import t from 'tap'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { connectDriver, textAsk } from '@shardline/client'
import type { AnswerSource } from '@shardline/client'
import type { AnswerService } from '@shardline/driver'
import { SERVICE_LINK_LIMITS } from '@shardline/driver'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import type { PeerRole } from '@shardline/wire'
import { startAskedCluster } from '../support/asked-cluster.ts'
import type { AskedCluster } from '../support/asked-cluster.ts'
import { Attackers } from '../support/flood/attackers.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const isSoak = process.env['SHARDLINE_SOAK'] === '1'
const HALF_OPEN = isSoak ? 10_000 : 300
const SLOW_READERS = isSoak ? 1_000 : 16
/** All of what one address may have open, and in the soak much more. */
const ASKS_PER_READER = isSoak ? 2 : 16
const HONEST_ASKS = isSoak ? 400 : 10
/** Asks with a pause before each, in which nobody but the attackers has anything computed. */
const RARE_ASKS = isSoak ? 100 : 0
const PAUSE_MS = 400
/** Places of one network that is alone, with the default limits. */
const PLACES_OF_ONE = 32
/** Another address of this machine than the one that honest users come from. */
const ATTACKER = '127.0.0.2'
/** What a slow reader may cost: the link's buffers, and what of its answers waits. */
const BYTES_PER_SLOW_READER = 256 * 1024
/** What the machinery of this test takes, beside that. */
const BASE_BYTES = 256 * 1024 * 1024

function socketTransport(role: PeerRole, identity: Identity): WebSocketTransport {
  const limits = role === 'driver' ? SERVICE_LINK_LIMITS : {}
  const components = { clock: systemClock, log: silentLog }
  const self = { node: role, role, software: 'test' }
  return new WebSocketTransport(components, { self, security: { identity }, limits })
}

/** Milliseconds that a short answer takes. @throws whatever keeps it from coming */
async function timeShortAnswer(source: AnswerSource): Promise<number> {
  const startedMs = systemClock.monotonic()
  const answer = source.ask(textAsk('Tell me a story.', { maxTokens: 4 }))
  for await (const event of answer) if (event.type === 'done') break
  await answer.report
  return systemClock.monotonic() - startedMs
}

interface Timings {
  readonly ms: readonly number[]
  /** Milliseconds of computing by this process, in which all but the attackers is. */
  readonly cpuMs: readonly number[]
}

async function timeAnswers(
  source: AnswerSource,
  count: number,
  options: { readonly pauseMs?: number; readonly onAnswered?: () => void } = {},
): Promise<Timings> {
  const ms: number[] = []
  const cpuMs: number[] = []
  for (let index = 0; index < count; index++) {
    if (options.pauseMs !== undefined) await systemClock.sleep(options.pauseMs)
    const before = process.cpuUsage()
    ms.push(await timeShortAnswer(source))
    const { user, system } = process.cpuUsage(before)
    cpuMs.push((user + system) / 1000)
    options.onAnswered?.()
  }
  return { ms, cpuMs }
}

function quantile(values: readonly number[], part: number): number {
  return (
    values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN
  )
}

interface Comparison {
  /** How much longer all but one answer in a hundred take. */
  readonly p99: number
  readonly text: string
}

/** How much longer answers take than alone, and how much more is computed meanwhile. */
function compare(name: string, timings: Timings, alone: Timings): Comparison {
  const ratio = (of: (timings: Timings) => readonly number[], part: number): number =>
    quantile(of(timings), part) / quantile(of(alone), part)
  const show = (of: (timings: Timings) => readonly number[]): string =>
    `p99 ${ratio(of, 0.99).toFixed(2)}, median ${ratio(of, 0.5).toFixed(2)} of alone`
  return {
    p99: ratio(({ ms }) => ms, 0.99),
    text: `${name}: time ${show(({ ms }) => ms)}; computing ${show(({ cpuMs }) => cpuMs)}`,
  }
}

/** Resolves when the attackers have all places that they may have, and more of them wait. */
async function untilBusy({ service }: AskedCluster): Promise<void> {
  const isBusy = ({ answersRunning, answersWaiting }: AnswerService['counters']): boolean =>
    answersRunning >= PLACES_OF_ONE && answersWaiting > 0
  while (!isBusy(service.counters)) await systemClock.sleep(5)
}

/** Resolves when no answer of the attackers is computed any more. */
async function untilComputed({ service }: AskedCluster): Promise<void> {
  while (service.counters.answersRunning + service.counters.answersWaiting > 0) await systemClock.sleep(50)
}

t.setTimeout(isSoak ? 900_000 : 600_000)

t.test('half-open connections and readers that do not read leave honest users their answers', async (t) => {
  await using cluster = await startAskedCluster({
    cacheFolder: sharedCacheFolder(),
    workers: 1,
    door: { listen: 'ws://127.0.0.1:0', transport: (driver) => socketTransport('driver', driver) },
  })
  const { service } = cluster
  const transport = socketTransport('client', await createIdentity(systemRandom))
  const components = { transport, clock: systemClock, random: systemRandom, log: silentLog }
  await using honest = await connectDriver(components, cluster.target)
  // Code that runs for the first time is slow.
  await timeAnswers(honest, HONEST_ASKS)
  const alone = await timeAnswers(honest, HONEST_ASKS)
  const before = process.memoryUsage.rss()
  await using attackers = await Attackers.start({
    port: Number(new URL(service.address).port),
    from: ATTACKER,
    driver: cluster.target.driver,
    halfOpen: HALF_OPEN,
    slowReaders: SLOW_READERS,
    asksPerReader: ASKS_PER_READER,
  })
  t.equal(attackers.state.links, SLOW_READERS)
  await untilBusy(cluster)

  const running: number[] = []
  const waiting: number[] = []
  const computed = await timeAnswers(honest, HONEST_ASKS, {
    onAnswered: () => {
      running.push(service.counters.answersRunning)
      waiting.push(service.counters.answersWaiting)
    },
  })
  t.ok(Math.min(...waiting) > 0, 'honest users get their answers while answers of the attackers wait')
  t.ok(Math.min(...running) >= PLACES_OF_ONE, 'though the attackers hold all places that one network may')
  t.ok(Math.max(...running) <= PLACES_OF_ONE + 1, 'and no more than those')
  const comparisons = [compare('while their answers are computed', computed, alone)]
  if (isSoak) {
    const rare = await timeAnswers(honest, RARE_ASKS, { pauseMs: PAUSE_MS })
    comparisons.push(compare('while their answers are computed, with pauses', rare, alone))
    const { answersRunning, answersWaiting } = service.counters
    t.comment(`then ${answersRunning} of their answers run and ${answersWaiting} wait`)
    attackers.stopAsking()
    await untilComputed(cluster)
    t.comment(`and then ${service.counters.links} links are left`)
    comparisons.push(compare('while they do not read', await timeAnswers(honest, HONEST_ASKS), alone))
  }
  await using another = await connectDriver(components, cluster.target)
  t.ok((await timeShortAnswer(another)) > 0, 'and new users get in')
  t.comment(JSON.stringify(attackers.state))
  const grownBytes = process.memoryUsage.rss() - before
  t.comment(`${Math.round(grownBytes / 2 ** 20)} MiB more`)
  t.ok(grownBytes < BASE_BYTES + SLOW_READERS * BYTES_PER_SLOW_READER, 'memory stays bounded')
  // With few asks the slowest is chance.
  for (const { p99, text } of comparisons) {
    if (isSoak) t.ok(p99 < 2, text)
    else t.comment(text)
  }
})
