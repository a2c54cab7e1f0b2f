import fc from 'fast-check'
import type { AccountId, AccountInit, TransferId, TransferInit } from '@shardline/ledger'
import { derivedId } from '@shardline/ledger'
import type { Fault } from '../support/faulty-pool.ts'

/** One random step. Accounts and transfers are slots out of a few, so that ids meet again. */
export type Operation =
  | { readonly type: 'accounts'; readonly items: readonly AccountSlot[] }
  | {
      readonly type: 'transfers'
      readonly calls: readonly (readonly TransferSlot[])[]
      readonly fault: Fault | undefined
    }
  | { readonly type: 'sweep' }
  | { readonly type: 'clock'; readonly seconds: number }
  | { readonly type: 'reopen' }

interface AccountSlot {
  readonly slot: number
  readonly ledger: number
  readonly code: number
  readonly limit: 'none' | 'debits_must_not_exceed_credits' | 'credits_must_not_exceed_debits'
  readonly isLinked: boolean
}

interface TransferSlot {
  /** Whether the id is a new one; else it is one of those used before. */
  readonly isNew: boolean
  readonly slot: number
  readonly kind: 'single' | 'pending' | 'post' | 'void'
  readonly debit: number
  readonly credit: number
  readonly amount: number
  readonly isWhole: boolean
  readonly hold: number
  readonly ledger: number
  readonly timeoutMs: number
  readonly userData: string
  readonly isLinked: boolean
}

const ACCOUNT_SLOTS = 7
const PICKS = 1_000

const often = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

const accountSlot: fc.Arbitrary<AccountSlot> = fc.record({
  slot: fc.nat(ACCOUNT_SLOTS - 1),
  ledger: often(1, 2, 0),
  code: often(1, 2, 0),
  limit: fc.constantFrom('none', 'none', 'debits_must_not_exceed_credits', 'credits_must_not_exceed_debits'),
  isLinked: often(false, true),
})

const transferSlot: fc.Arbitrary<TransferSlot> = fc.record({
  isNew: fc.oneof({ weight: 8, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  slot: fc.nat(PICKS),
  kind: fc.constantFrom('single', 'pending', 'pending', 'post', 'void'),
  debit: fc.nat(ACCOUNT_SLOTS - 1),
  credit: fc.nat(ACCOUNT_SLOTS - 1),
  amount: fc.nat(20),
  isWhole: fc.boolean(),
  hold: fc.nat(PICKS),
  ledger: often(1, 2, 0),
  // Half seconds against a clock of whole ones: nanoseconds between events never decide.
  timeoutMs: fc.constantFrom(0, 0, 500, 1_500, 5_500),
  userData: often('', 'a'),
  isLinked: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
})

const fault: fc.Arbitrary<Fault | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ statement: fc.nat(14), isAfter: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ statement: fc.constant('commit' as const), isAfter: fc.boolean() }) },
)

/** Steps in which money mostly moves. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('accounts' as const),
      items: fc.array(accountSlot, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('transfers' as const),
      calls: fc.array(fc.array(transferSlot, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      fault,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'sweep' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('clock' as const), seconds: fc.integer({ min: -3, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'reopen' as const }) },
)

/** Names of one run, so that runs share a database without meeting. */
export interface RunNames {
  readonly run: string
  /** Added to ledger numbers. */
  readonly ledgerBase: number
  /** Ids of transfers used so far, and those of them that were holds: filled while the run is played. */
  readonly used: TransferId[]
  readonly holds: TransferId[]
}

/** A run whose accounts are there and have a little, so that limits are near. */
export function startOfRun({
  used,
  ...names
}: RunNames): readonly [readonly AccountInit[], readonly TransferInit[]] {
  const limits = ['none', 'none', 'debits', 'debits', 'debits', 'debits', 'credits'] as const
  const whole = {
    none: 'none',
    debits: 'debits_must_not_exceed_credits',
    credits: 'credits_must_not_exceed_debits',
  } as const
  const accounts = limits.map((limit, slot) => ({
    id: accountOfSlot(names, slot),
    ledger: names.ledgerBase + 1,
    code: 1,
    limit: whole[limit],
  }))
  const transfers = [2, 3, 4, 5].map((slot) => ({
    id: derivedId(`${names.run}/start/${slot}`),
    debitAccountId: accountOfSlot(names, 0),
    creditAccountId: accountOfSlot(names, slot),
    amount: BigInt(15 * slot),
    ledger: names.ledgerBase + 1,
    code: 1,
  }))
  used.push(...transfers.map(({ id }) => id))
  return [accounts, transfers]
}

/** The account that a slot stands for. */
export function accountOfSlot(names: Pick<RunNames, 'run'>, slot: number): AccountId {
  return derivedId(`${names.run}/account/${slot}`) as string as AccountId
}

/** The call's accounts. */
export function accountInits(names: RunNames, slots: readonly AccountSlot[]): readonly AccountInit[] {
  return slots.map(({ slot, ledger, ...rest }) => ({
    ...rest,
    id: accountOfSlot(names, slot),
    ledger: numberOf(names, ledger),
  }))
}

/** The call's transfers. New ids are noted as used. */
export function transferInits(names: RunNames, slots: readonly TransferSlot[]): readonly TransferInit[] {
  return slots.map((slot) => {
    const { kind, userData, isLinked } = slot
    const id = idOf(names, slot)
    const base = { id, isLinked, ...(userData === '' ? {} : { userData }) }
    const amount = BigInt(slot.amount)
    if (kind === 'post' || kind === 'void') {
      // Mostly a hold, now and then any other transfer.
      const among = slot.hold % 8 === 0 ? names.used : names.holds
      const pendingId = among[slot.hold % among.length] ?? id
      const part = slot.isWhole ? {} : { amount }
      return { ...base, kind, pendingId, ...(kind === 'post' || slot.amount === 0 ? part : {}) }
    }
    if (kind === 'pending') names.holds.push(id)
    return {
      ...base,
      kind,
      debitAccountId: accountOfSlot(names, slot.debit),
      creditAccountId: accountOfSlot(names, slot.credit),
      amount,
      ledger: numberOf(names, slot.ledger),
      code: 1,
      timeoutMs: kind === 'single' && slot.amount > 1 ? 0 : slot.timeoutMs,
    }
  })
}

function idOf(names: RunNames, { isNew, slot }: TransferSlot): TransferId {
  const known = isNew ? undefined : names.used[slot % names.used.length]
  if (known !== undefined) return known
  const id = derivedId(`${names.run}/transfer/${names.used.length}`)
  names.used.push(id)
  return id
}

function numberOf({ ledgerBase }: RunNames, ledger: number): number {
  return ledger === 0 ? 0 : ledgerBase + ledger
}
