import t from 'tap'
import type { Test } from 'tap'
import { gainOf, HALF, OURS, play, WEAK } from './attack-simulation.ts'
import type { Attack, Market } from './attack-simulation.ts'

const TPS = 1_000n

/** Markets of all sizes: prices from cheap to dear, drivers from slow to fast, victims from small to large. */
const markets: readonly Market[] = [100n, 10_000n, 1_000_000n].flatMap((base) =>
  [10n, 100n, 1_000n].flatMap((speed) =>
    [100, 2_000, 50_000].flatMap((tokens) =>
      [2, 8].map((count) => ({
        base,
        capacityTps: speed * TPS,
        victims: Array.from({ length: count }, () => tokens),
      })),
    ),
  ),
)

interface Sweep {
  readonly attacks: readonly Attack[]
  readonly markets?: readonly Market[]
}

/**
 * Plays every combination: the attack must never gain, and lose wherever it costs something or a victim walks away.
 * Gives how many of them gain under the weak design.
 */
function sweep(t: Test, { attacks, markets: played = markets }: Sweep): number {
  let weakGains = 0
  let losses = 0
  for (const market of played) {
    for (const attack of attacks) {
      const name = JSON.stringify({ market, attack }, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      )
      const { wary, captive, raisesQuotes } = gainOf(OURS, market, attack)
      if (captive > 0n) t.fail(`captive victims: gains ${captive} in ${name}`)
      if (wary > 0n || (wary === 0n && raisesQuotes)) t.fail(`gains ${wary} in ${name}`)
      if (wary < 0n) losses++
      if (gainOf(WEAK, market, attack).captive > 0n) weakGains++
    }
  }
  t.ok(losses > (played.length * attacks.length) / 2, `${losses} of ${played.length * attacks.length} lose`)
  return weakGains
}

const dust = [1, 8, 40].flatMap((fakesPerVictim) =>
  (['cancelled', 'cancelled-late', 'expired'] as const).map((fate) => ({ fakesPerVictim, fate })),
)

t.test('a dust ratchet beside supply is a loss, and a gain in the weak design', async (t) => {
  t.ok(sweep(t, { attacks: dust }) > markets.length)
})

t.test('a dust ratchet without supply is a loss, and a gain in the weak design', async (t) => {
  const attacks = dust.map((it) => ({ ...it, reportedTps: 0n }))
  t.ok(sweep(t, { attacks }) > markets.length)
})

t.test('a dust ratchet before a driver comes is a loss, and a gain in the weak design', async (t) => {
  const late = markets.map((it) => ({ ...it, comesLate: true }))
  t.ok(sweep(t, { attacks: dust, markets: late }) > markets.length)
})

t.test('hiding capacity and serving with it is a loss, and a gain in the weak design', async (t) => {
  const attacks = [0n, 1n, 1n * TPS, 9n * TPS].map((reportedTps) => ({ reportedTps }))
  t.ok(sweep(t, { attacks }) > markets.length)
})

t.test(
  'a queue to oneself that is taken back or expires is a loss, and a gain in the weak design',
  async (t) => {
    const attacks = [1_000, 100_000, 10_000_000].flatMap((fakeTokens) =>
      (['cancelled', 'cancelled-late', 'expired'] as const).map((fate) => ({
        fakesPerVictim: 1,
        fakeTokens,
        fate,
      })),
    )
    t.ok(sweep(t, { attacks }) > markets.length)
  },
)

t.test('hiding capacity behind a queue to oneself is a loss', async (t) => {
  const attacks = [
    { reportedTps: 1n * TPS, fakesPerVictim: 1, fakeTokens: 100_000, fate: 'expired' },
    { reportedTps: 0n, fakesPerVictim: 4, fakeTokens: 100_000, fate: 'cancelled-late' },
  ] as const
  t.ok(sweep(t, { attacks }) > markets.length)
})

t.test('bills do not depend on requests that nobody serves', async (t) => {
  const attacks = [...dust, { fakesPerVictim: 3, fakeTokens: 1_000_000, fate: 'expired' as const }]
  const billed = markets.map((market) => {
    const honest = play(OURS, market).billedToVictims
    return attacks.map((attack) => play(OURS, market, { attack }).billedToVictims - honest)
  })
  t.same(billed, Array(markets.length).fill(Array(attacks.length).fill(0n)))
})

/** Seconds of supply that the victim takes, below which serving oneself loses: see docs/internals/price-attacks.md. */
function breakEvenSeconds(washSeconds: number): number {
  const pressure = washSeconds / 60
  return (0.1 * 60) / (0.9 * 0.2 * (2 + pressure))
}

t.test(
  'serving oneself is a loss to a driver whose victims take little, and a gain at leverage',
  async (t) => {
    for (const speed of [10, 100, 1_000]) {
      for (const washSeconds of [10, 60, 240]) {
        const limit = breakEvenSeconds(washSeconds)
        const gainAt = (victimSeconds: number): bigint =>
          gainOf(
            OURS,
            {
              base: 10_000_000n,
              capacityTps: BigInt(speed) * TPS,
              victims: [Math.round(victimSeconds * speed)],
            },
            { fakesPerVictim: 1, fakeTokens: washSeconds * speed, fate: 'served' },
          ).captive
        t.ok(gainAt(limit * 0.9) < 0n, `${speed} tok/s, ${washSeconds} s washed, below ${limit} s`)
        t.ok(gainAt(limit * 1.1) > 0n, `${speed} tok/s, ${washSeconds} s washed, above ${limit} s`)
      }
    }
  },
)

t.test(
  'billing up to the target would leave attacks a gain: it counts events, or demand that is still open',
  async (t) => {
    const market = { base: 10_000n, capacityTps: 100n * TPS, victims: [50_000, 50_000] }
    const ratchet = { fakesPerVictim: 8, fate: 'cancelled' } as const
    const queue = { fakesPerVictim: 1, fakeTokens: 100_000, fate: 'expired' } as const
    for (const attack of [ratchet, queue]) {
      t.ok(gainOf(HALF, market, attack).captive > 0n, attack.fate)
      t.ok(gainOf(OURS, market, attack).captive <= 0n, attack.fate)
    }
  },
)
