import t from 'tap'
import { Attacked } from '../support/flood/attacked.ts'
import { Attackers } from '../support/flood/attackers.ts'
import { HonestUser } from '../support/flood/honest-user.ts'
import type { Pace } from '../support/flood/honest-user.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const isSoak = process.env['SHARDLINE_SOAK'] === '1'
const HALF_OPEN = isSoak ? 10_000 : 300
const SLOW_READERS = isSoak ? 1_000 : 16
/** All of what one address may have open, and in the soak much more. */
const ASKS_PER_READER = isSoak ? 2 : 16
/** Asks one after the other. */
const STEADY: Pace = { count: isSoak ? 1_600 : 10, pauseMs: 0 }
/** Asks with a pause before each, in which nobody but the attackers has anything computed. */
const RARE: Pace = { count: isSoak ? 500 : 5, pauseMs: 100 }
/** Of the connections that say nothing, those that are open at any moment at least. */
const HELD_PART = 0.6
/** Places of one network that is alone, with the default limits. */
const PLACES_OF_ONE = 32
/** Another address of this machine than the one that honest users come from. */
const ATTACKER = '127.0.0.2'
/** What a slow reader may cost: the link's buffers, and what of its answers waits. */
const BYTES_PER_SLOW_READER = 256 * 1024
/** What else may come on top: garbage that isn't collected yet, caches of the answers that run. */
const BASE_BYTES = 256 * 1024 * 1024

function quantile(values: readonly number[], part: number): number {
  return (
    values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN
  )
}

/** Milliseconds of answers at both paces. */
interface Timings {
  readonly steady: readonly number[]
  readonly rare: readonly number[]
}

async function timeBoth(user: HonestUser): Promise<Timings> {
  return { steady: await user.time(STEADY), rare: await user.time(RARE) }
}

interface Comparison {
  /** How much longer all but one answer in a hundred take. */
  readonly p99: number
  readonly text: string
}

/** How much longer answers take than alone. */
function compare(name: string, times: readonly number[], alone: readonly number[]): Comparison {
  const ratio = (part: number): { readonly of: number; readonly text: string } => {
    const [now, then] = [quantile(times, part), quantile(alone, part)]
    return { of: now / then, text: `${(now / then).toFixed(2)} (${now.toFixed(1)} ms to ${then.toFixed(1)})` }
  }
  const [p99, median] = [ratio(0.99), ratio(0.5)]
  return { p99: p99.of, text: `${name}: p99 ${p99.text}, median ${median.text} of alone` }
}

t.setTimeout(isSoak ? 1_200_000 : 600_000)

t.test('half-open connections and readers that do not read leave honest users their answers', async (t) => {
  await using attacked = await Attacked.start({ cacheFolder: sharedCacheFolder() })
  const { target } = attacked.state
  await using honest = await HonestUser.connect(target)
  // Code that runs for the first time is slow.
  await honest.time(STEADY)
  const before = await timeBoth(honest)
  const bytesBefore = attacked.state.heldBytes
  const attackers = await Attackers.start({
    port: Number(new URL(target.addresses[0] ?? '').port),
    from: ATTACKER,
    driver: target.driver,
    halfOpen: HALF_OPEN,
    slowReaders: SLOW_READERS,
    asksPerReader: ASKS_PER_READER,
  })
  t.teardown(() => attackers[Symbol.asyncDispose]())
  t.equal(attackers.state.links, SLOW_READERS)
  // The attackers have all places that they may have, and more of them wait.
  await attacked.until((state) => state.answersRunning >= PLACES_OF_ONE && state.answersWaiting > 0)

  const { result: computed, states } = await attacked.during(honest.time(STEADY))
  const running = states.map((state) => state.answersRunning)
  t.ok(
    states.every((state) => state.answersWaiting > 0),
    'honest users get their answers while answers of the attackers wait',
  )
  t.ok(Math.min(...running) >= PLACES_OF_ONE, 'though the attackers hold all places that one network may')
  t.ok(Math.max(...running) <= PLACES_OF_ONE + 1, 'and no more than those')
  const rare = await honest.time(RARE)
  await using another = await HonestUser.connect(target)
  t.equal((await another.time({ count: 1, pauseMs: 0 })).length, 1, 'and new users get in')
  attackers.stopAsking()
  await attacked.until((state) => state.answersRunning + state.answersWaiting === 0)
  const { links } = attacked.state
  const unread = await timeBoth(honest)
  t.ok(attackers.state.halfOpen >= HALF_OPEN * HELD_PART, 'connections that say nothing are held')
  t.comment(JSON.stringify({ ...attackers.state, linksAtTheDriver: links }))
  const grownBytes = attacked.state.heldBytes - bytesBefore
  t.comment(`${Math.round(grownBytes / 2 ** 20)} MiB more`)
  t.ok(grownBytes < BASE_BYTES + SLOW_READERS * BYTES_PER_SLOW_READER, 'memory stays bounded')

  await attackers[Symbol.asyncDispose]()
  await attacked.until((state) => state.links <= 2)
  // Before and after: a machine that others use too isn't always as fast.
  const after = await timeBoth(honest)
  const alone: Timings = {
    steady: [...before.steady, ...after.steady],
    rare: [...before.rare, ...after.rare],
  }
  // With few asks the slowest is chance.
  for (const { p99, text } of [
    compare('while their answers are computed', computed, alone.steady),
    compare('the same, with pauses between asks', rare, alone.rare),
    compare('while they do not read', unread.steady, alone.steady),
    compare('the same, with pauses between asks', unread.rare, alone.rare),
  ]) {
    if (isSoak) t.ok(p99 < 2, text)
    else t.comment(text)
  }
  t.comment(compare('alone afterwards, against alone before', after.steady, before.steady).text)
  t.comment(compare('the same, with pauses between asks', after.rare, before.rare).text)
})
