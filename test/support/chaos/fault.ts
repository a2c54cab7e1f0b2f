import { SeededRandom } from '@shardline/core'

/** What goes wrong. */
export type FaultKind =
  /** kill -9, and the same process again a while later. */
  | 'kill'
  /** SIGSTOP, and SIGCONT a while later: shorter than anybody notices, or long enough to be given up. */
  | 'freeze'
  /** Nothing arrives any more, both ways, and nobody is told. */
  | 'partition'
  /** What is sent to it is not heard; what it sends is. */
  | 'loss-towards'
  /** It hears everything and is not heard. */
  | 'loss-away'
  /** Everything takes longer, and not always as long. */
  | 'delay'
  /** All its connections end at once. */
  | 'cut'
  /** It can't write to any file. */
  | 'disk-full'
  /** Its database server stops, and starts again a while later. */
  | 'database-restart'

/** Whom it hits. */
export type FaultTarget = 'worker' | 'validator' | 'driver' | 'market' | 'relay'

/** When it hits: while a prompt is run, while tokens come, or while an answer is settled. */
export type FaultMoment = 'prefill' | 'decode' | 'settlement'

/** One fault of a run. All that chance decides about it is in here. */
export interface Fault {
  readonly number: number
  readonly kind: FaultKind
  readonly target: FaultTarget
  /** Which of several: taken modulo how many there are. */
  readonly which: number
  readonly moment: FaultMoment
  /** Time until it is over. */
  readonly lastsMs: number
  /** Of a delay. */
  readonly delayMs: number
  readonly jitterMs: number
}

/** What {@link drawFaults} draws from. */
export interface FaultDraw {
  readonly seed: number
  readonly count: number
  readonly targets: readonly FaultTarget[]
  readonly moments: readonly FaultMoment[]
  /** Whether the market's database is a server of its own. */
  readonly hasDatabaseServer: boolean
}

const KINDS: readonly FaultKind[] = [
  'kill',
  'freeze',
  'partition',
  'loss-towards',
  'loss-away',
  'delay',
  'cut',
  'disk-full',
  'database-restart',
]
/** What goes wrong for these alone: only they write to files while they work. */
const WRITERS: readonly FaultTarget[] = ['market', 'worker']
/** Ways in which silence lasts: too short to be noticed, and so long that a link counts as lost. */
const SHORT_MS = { least: 200, most: 900 }
const LONG_MS = { least: 3500, most: 5000 }
/** One in so many silences is long. */
const LONG_EVERY = 3
const RESTART_MS = { least: 50, most: 600 }
const DELAY_MS = { least: 5, most: 60 }

/**
 * Draws faults by `seed`. They come from a shuffled deck with every kind for every target, and from another one when it
 * is used up: a long enough run has them all.
 */
export function drawFaults(draw: FaultDraw): readonly Fault[] {
  const { seed, count, targets, moments } = draw
  const random = new SeededRandom(seed)
  const within = ({ least, most }: { readonly least: number; readonly most: number }): number =>
    least + random.integer(most - least + 1)
  const faults: Fault[] = []
  let deck: { readonly kind: FaultKind; readonly target: FaultTarget }[] = []
  let silences = 0
  while (faults.length < count) {
    if (deck.length === 0) {
      deck = targets.flatMap((target) => kindsFor(target, draw).map((kind) => ({ kind, target })))
      shuffle(deck, random)
    }
    const card = deck.pop()
    if (card === undefined) break
    const isSilence = ['freeze', 'partition', 'loss-towards', 'loss-away'].includes(card.kind)
    if (isSilence) silences += 1
    const silenceMs = silences % LONG_EVERY === 0 ? LONG_MS : SHORT_MS
    faults.push({
      number: faults.length + 1,
      ...card,
      which: random.integer(1 << 16),
      moment: moments[random.integer(moments.length)] ?? 'decode',
      lastsMs: card.kind === 'cut' ? 0 : within(isSilence ? silenceMs : RESTART_MS),
      delayMs: within(DELAY_MS),
      jitterMs: within(DELAY_MS),
    })
  }
  return faults
}

function kindsFor(target: FaultTarget, { hasDatabaseServer }: FaultDraw): readonly FaultKind[] {
  return KINDS.filter((kind) => {
    if (kind === 'database-restart') return target === 'market' && hasDatabaseServer
    return kind !== 'disk-full' || WRITERS.includes(target)
  })
}

/** One line for people, from which the fault can be made again. */
export function describeFault(fault: Fault): string {
  const { number, kind, target, which, moment, lastsMs, delayMs, jitterMs } = fault
  const amount = kind === 'delay' ? ` by ${delayMs}+${jitterMs} ms` : ''
  return `${String(number).padStart(3)} ${kind}${amount} of ${target} ${which} in mid-${moment}, for ${lastsMs} ms`
}

function shuffle<T>(items: T[], random: SeededRandom): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.integer(last + 1)
    const kept = items[last]
    const moved = items[other]
    if (kept === undefined || moved === undefined) continue
    items[last] = moved
    items[other] = kept
  }
}
