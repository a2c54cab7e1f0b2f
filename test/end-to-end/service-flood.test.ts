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
const RARE_ASKS = isSoak ? 300 : 5
const PAUSE_MS = 100
/** Of the connections that say nothing, those that are open at any moment at least. */
const HELD_PART = 0.6
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

async function timeAnswers(source: AnswerSource, pace: Pace): Promise<Timings> {
  const { count, pauseMs, onAnswered } = pace
  const ms: number[] = []
  const cpuMs: number[] = []
  for (let index = 0; index < count; index++) {
    if (pauseMs !== undefined) await systemClock.sleep(pauseMs)
    const before = process.cpuUsage()
    ms.push(await timeShortAnswer(source))
    const { user, system } = process.cpuUsage(before)
    cpuMs.push((user + system) / 1000)
    onAnswered?.()
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

interface Pace {
  readonly count: number
  readonly pauseMs?: number
  readonly onAnswered?: () => void
}

const STEADY: Pace = { count: HONEST_ASKS }
/** A process that was idle answers later than one at work, also alone. */
const RARE: Pace = { count: RARE_ASKS, pauseMs: PAUSE_MS }

/** Timings at both paces. */
async function timeBoth(source: AnswerSource): Promise<readonly [steady: Timings, rare: Timings]> {
  return [await timeAnswers(source, STEADY), await timeAnswers(source, RARE)]
}

function together(one: Timings, other: Timings): Timings {
  return { ms: [...one.ms, ...other.ms], cpuMs: [...one.cpuMs, ...other.cpuMs] }
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
  await timeAnswers(honest, STEADY)
  const before = await timeBoth(honest)
  const bytesBefore = process.memoryUsage.rss()
  const attackers = await Attackers.start({
    port: Number(new URL(service.address).port),
    from: ATTACKER,
    driver: cluster.target.driver,
    halfOpen: HALF_OPEN,
    slowReaders: SLOW_READERS,
    asksPerReader: ASKS_PER_READER,
  })
  t.teardown(() => attackers[Symbol.asyncDispose]())
  t.equal(attackers.state.links, SLOW_READERS)
  await untilBusy(cluster)

  const running: number[] = []
  const waiting: number[] = []
  const computed = await timeAnswers(honest, {
    ...STEADY,
    onAnswered: () => {
      running.push(service.counters.answersRunning)
      waiting.push(service.counters.answersWaiting)
    },
  })
  t.ok(Math.min(...waiting) > 0, 'honest users get their answers while answers of the attackers wait')
  t.ok(Math.min(...running) >= PLACES_OF_ONE, 'though the attackers hold all places that one network may')
  t.ok(Math.max(...running) <= PLACES_OF_ONE + 1, 'and no more than those')
  const rare = await timeAnswers(honest, RARE)
  await using another = await connectDriver(components, cluster.target)
  t.ok((await timeShortAnswer(another)) > 0, 'and new users get in')
  attackers.stopAsking()
  await untilComputed(cluster)
  const { links } = service.counters
  const unread = await timeBoth(honest)
  t.ok(attackers.state.halfOpen >= HALF_OPEN * HELD_PART, 'connections that say nothing are held')
  t.comment(JSON.stringify({ ...attackers.state, linksAtTheDriver: links }))
  const grownBytes = process.memoryUsage.rss() - bytesBefore
  t.comment(`${Math.round(grownBytes / 2 ** 20)} MiB more`)
  t.ok(grownBytes < BASE_BYTES + SLOW_READERS * BYTES_PER_SLOW_READER, 'memory stays bounded')

  await attackers[Symbol.asyncDispose]()
  while (service.counters.links > 2) await systemClock.sleep(50)
  // Before and after: a machine that others use too isn't always as fast.
  const after = await timeBoth(honest)
  const [steadyAlone, rareAlone] = [together(before[0], after[0]), together(before[1], after[1])]
  // With few asks the slowest is chance.
  for (const { p99, text } of [
    compare('while their answers are computed', computed, steadyAlone),
    compare('the same, with pauses between asks', rare, rareAlone),
    compare('while they do not read', unread[0], steadyAlone),
    compare('the same, with pauses between asks', unread[1], rareAlone),
  ]) {
    if (isSoak) t.ok(p99 < 2, text)
    else t.comment(text)
  }
  t.comment(compare('alone afterwards, against alone before', after[0], before[0]).text)
  t.comment(compare('the same, with pauses between asks', after[1], before[1]).text)
})
