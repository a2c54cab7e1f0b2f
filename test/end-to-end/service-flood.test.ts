import t from 'tap'
import type { Test } from 'tap'
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
/** Attacks, each measured between two times without one: a machine that others use too isn't always as fast. */
const ROUNDS = isSoak ? 2 : 1
/** Asks one after the other. */
const STEADY: Pace = { count: isSoak ? 800 : 10, pauseMs: 0 }
/** Asks with a pause before each, in which nobody but the attackers has anything computed. */
const RARE: Pace = { count: isSoak ? 250 : 5, pauseMs: 100 }
/** Of the connections that say nothing, those that are open at any moment at least. */
const HELD_PART = 0.6
/** Places of one network that is alone, with the default limits. */
const PLACES_OF_ONE = 32
/** Another address of this machine than the one that honest users come from. */
const ATTACKER = '127.0.0.2'
/**
 * Where connections come from that say nothing. With so many from one address the system takes 2 ms of a core to find each
 * a free port, in the attackers' half of this machine.
 */
const CROWD: readonly string[] = Array.from({ length: 16 }, (_, index) => `127.0.1.${index + 1}`)
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
class Timings {
  readonly steady: number[] = []
  readonly rare: number[] = []

  async add(user: HonestUser): Promise<void> {
    this.steady.push(...(await user.time(STEADY)))
    this.rare.push(...(await user.time(RARE)))
  }
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

/** Who takes part in an {@link attack}, and where the times of honest users go. */
interface Scene {
  readonly attacked: Attacked
  readonly honest: HonestUser
  /** Memory that the attacked held before all attacks. */
  readonly bytesBefore: number
  /** While answers of the attackers are computed. */
  readonly computed: Timings
  /** While only their connections and links are left. */
  readonly unread: Timings
}

/** An attack from its beginning to its end, and what honest users get meanwhile. */
async function attack(t: Test, { attacked, honest, bytesBefore, computed, unread }: Scene): Promise<void> {
  const { target } = attacked.state
  await using attackers = await Attackers.start({
    port: Number(new URL(target.addresses[0] ?? '').port),
    from: ATTACKER,
    halfOpenFrom: CROWD,
    driver: target.driver,
    halfOpen: HALF_OPEN,
    slowReaders: SLOW_READERS,
    asksPerReader: ASKS_PER_READER,
  })
  t.equal(attackers.state.links, SLOW_READERS)
  // The attackers have all places that they may have, and more of them wait.
  await attacked.until((state) => state.answersRunning >= PLACES_OF_ONE && state.answersWaiting > 0)

  const { states } = await attacked.during(computed.add(honest))
  const running = states.map((state) => state.answersRunning)
  t.ok(
    states.every((state) => state.answersWaiting > 0),
    'honest users get their answers while answers of the attackers wait',
  )
  t.ok(Math.min(...running) >= PLACES_OF_ONE, 'though the attackers hold all places that one network may')
  t.ok(Math.max(...running) <= PLACES_OF_ONE + 1, 'and no more than those')
  await using another = await HonestUser.connect(target)
  t.equal((await another.time({ count: 1, pauseMs: 0 })).length, 1, 'and new users get in')
  attackers.stopAsking()
  await attacked.until((state) => state.answersRunning + state.answersWaiting === 0)
  const { links } = attacked.state
  await unread.add(honest)
  t.ok(attackers.state.halfOpen >= HALF_OPEN * HELD_PART, 'connections that say nothing are held')
  t.comment(JSON.stringify({ ...attackers.state, linksAtTheDriver: links }))
  const grownBytes = attacked.state.heldBytes - bytesBefore
  t.comment(`${Math.round(grownBytes / 2 ** 20)} MiB more`)
  t.ok(grownBytes < BASE_BYTES + SLOW_READERS * BYTES_PER_SLOW_READER, 'memory stays bounded')
}

t.setTimeout(isSoak ? 1_200_000 : 600_000)

t.test('half-open connections and readers that do not read leave honest users their answers', async (t) => {
  await using attacked = await Attacked.start({ cacheFolder: sharedCacheFolder() })
  await using honest = await HonestUser.connect(attacked.state.target)
  // Code that runs for the first time is slow.
  await honest.time({ ...STEADY, count: 2 * STEADY.count })
  const [alone, computed, unread] = [new Timings(), new Timings(), new Timings()]
  await alone.add(honest)
  const bytesBefore = attacked.state.heldBytes
  for (let round = 0; round < ROUNDS; round++) {
    await attack(t, { attacked, honest, bytesBefore, computed, unread })
    await attacked.until((state) => state.links <= 2)
    await alone.add(honest)
  }
  // With few asks the slowest is chance.
  for (const { p99, text } of [
    compare('while their answers are computed', computed.steady, alone.steady),
    compare('the same, with pauses between asks', computed.rare, alone.rare),
    compare('while they do not read', unread.steady, alone.steady),
    compare('the same, with pauses between asks', unread.rare, alone.rare),
  ]) {
    if (isSoak) t.ok(p99 < 2, text)
    else t.comment(text)
  }
  const { steady, rare } = alone
  const steadily = [steady.slice(-STEADY.count), steady.slice(0, STEADY.count)] as const
  const rarely = [rare.slice(-RARE.count), rare.slice(0, RARE.count)] as const
  t.comment(compare('alone afterwards, against alone before', ...steadily).text)
  t.comment(compare('the same, with pauses between asks', ...rarely).text)
})
