import type { FlagReason } from '@shardline/market'
import fc from 'fast-check'

/** Users and drivers of one run. A driver can do all roles; everyone has an account. */
export const USERS = 3
export const DRIVERS = 3

/** Where a connection breaks: at which statement from now or at the commit, and whether it is still carried out. */
export interface Break {
  readonly statement: number | 'commit'
  readonly isAfter: boolean
}

/**
 * How an operation is sent: once; at the same time to both replicas; or to a process whose connection breaks and that is
 * opened again, and then once more.
 */
export type Mode =
  | { readonly how: 'once' | 'twice'; readonly replica: number }
  | { readonly how: 'broken'; readonly replica: number; readonly fault: Break }

/** What is done with a request that is there. */
export const ACTIONS = [
  'submit',
  'claim',
  'start',
  'progress',
  'deliver',
  'acknowledge',
  'release',
  'give-up',
  'cancel',
  'reassign',
  'flag',
] as const

/** One of {@link ACTIONS}. */
export type Action = (typeof ACTIONS)[number]

/** An operation on one request. */
export interface Act {
  readonly type: 'act'
  /** `next` is whatever brings the request one step on. */
  readonly action: Action | 'next'
  /** Which request: one in a state that allows the action, or any. */
  readonly pick: number
  readonly isFitting: boolean
  /** Whether it's asked by whose right it is, and under the current fence. */
  readonly isRight: boolean
  readonly isCurrent: boolean
  readonly party: number
  /** Hundredths of what was asked for, for counts; above 100 is too much. */
  readonly parts: readonly [number, number]
  readonly variant: number
  readonly mode: Mode
}

/** One random step. */
export type Operation =
  | Act
  | {
      readonly type: 'open'
      readonly user: number
      readonly driver: number
      readonly prompt: number
      readonly output: number
      readonly priority: number
      readonly maxTimeMs: number
      readonly bound: 'none' | 'met' | 'low'
      readonly mode: Mode
    }
  | { readonly type: 'claim-first'; readonly driver: number; readonly mode: Mode }
  | { readonly type: 'race'; readonly pick: number; readonly between: 'claims' | 'claim and cancel' }
  | { readonly type: 'deposit'; readonly party: number; readonly amount: number; readonly mode: Mode }
  | { readonly type: 'transfer'; readonly from: number; readonly to: number; readonly part: number }
  | { readonly type: 'report'; readonly driver: number; readonly speed: number; readonly mode: Mode }
  | { readonly type: 'withdraw'; readonly driver: number; readonly mode: Mode }
  | { readonly type: 'sweep'; readonly mode: Mode }
  | { readonly type: 'clock'; readonly ms: number }
  | { readonly type: 'reopen'; readonly replica: number }

const PICKS = 1_000
const PARTIES = USERS + DRIVERS

const mostly = (often: number): fc.Arbitrary<boolean> =>
  fc.oneof({ weight: often, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) })

const fault: fc.Arbitrary<Break> = fc.oneof(
  fc.record({ statement: fc.nat(24), isAfter: fc.boolean() }),
  fc.record({ statement: fc.constant('commit' as const), isAfter: fc.boolean() }),
)

const mode: fc.Arbitrary<Mode> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ how: fc.constant('once' as const), replica: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constant('twice' as const), replica: fc.nat(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({ how: fc.constant('broken' as const), replica: fc.nat(1), fault }),
  },
)

const part = fc.oneof(
  { weight: 3, arbitrary: fc.constant(100) },
  { weight: 5, arbitrary: fc.nat(100) },
  { weight: 1, arbitrary: fc.constantFrom(0, 120) },
)

const act: fc.Arbitrary<Act> = fc.record({
  type: fc.constant('act' as const),
  action: fc.oneof(
    { weight: 3, arbitrary: fc.constant('next' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...ACTIONS) },
  ),
  pick: fc.nat(PICKS),
  isFitting: mostly(8),
  isRight: mostly(12),
  isCurrent: mostly(10),
  party: fc.nat(PARTIES - 1),
  parts: fc.tuple(part, part),
  variant: fc.nat(7),
  mode,
})

const driver = fc.nat(DRIVERS - 1)
const user = fc.nat(USERS - 1)

/** Steps in which requests mostly go on. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      type: fc.constant('open' as const),
      user,
      driver,
      prompt: fc.integer({ min: 1, max: 900 }),
      output: fc.integer({ min: 1, max: 900 }),
      priority: fc.constantFrom(0, 0, 0, 5, 9),
      maxTimeMs: fc.constantFrom(20_000, 100_000, 300_000),
      bound: fc.constantFrom('none', 'none', 'met', 'low'),
      mode,
    }),
  },
  { weight: 24, arbitrary: act },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('claim-first' as const), driver, mode }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('race' as const),
      pick: fc.nat(PICKS),
      between: fc.constantFrom('claims', 'claim and cancel'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('deposit' as const),
      party: fc.nat(PARTIES - 1),
      amount: fc.integer({ min: 1, max: 100_000 }),
      mode,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('transfer' as const),
      from: fc.nat(PARTIES - 1),
      to: fc.nat(PARTIES - 1),
      part: fc.nat(130),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('report' as const),
      driver,
      speed: fc.constantFrom(5, 20, 50, 200),
      mode,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('withdraw' as const), driver, mode }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('sweep' as const), mode }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('clock' as const),
      ms: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(-2_000, -300, 1, 500, 1_000, 3_000) },
        { weight: 1, arbitrary: fc.constantFrom(15_000, 31_000, 61_000, 310_000) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reopen' as const), replica: fc.nat(1) }) },
)

/** Reasons that a flag may have, by a step's variant. */
export const REASONS: readonly FlagReason[] = ['garbage', 'too-slow']
