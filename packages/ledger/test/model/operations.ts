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
const TRANSFER_SLOTS = 40

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
  slot: fc.nat(TRANSFER_SLOTS - 1),
  kind: fc.constantFrom('single', 'pending', 'pending', 'post', 'void'),
  debit: fc.nat(ACCOUNT_SLOTS - 1),
  credit: fc.nat(ACCOUNT_SLOTS - 1),
  amount: fc.nat(20),
  isWhole: fc.boolean(),
  hold: fc.nat(TRANSFER_SLOTS - 1),
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
}

/** The account that a slot stands for. */
export function accountOfSlot(names: RunNames, slot: number): AccountId {
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

/** The call's transfers. */
export function transferInits(names: RunNames, slots: readonly TransferSlot[]): readonly TransferInit[] {
  const idOf = (slot: number): TransferId => derivedId(`${names.run}/transfer/${slot}`)
  return slots.map((slot) => {
    const { kind, userData, isLinked } = slot
    const base = { id: idOf(slot.slot), isLinked, ...(userData === '' ? {} : { userData }) }
    const amount = BigInt(slot.amount)
    if (kind === 'post' || kind === 'void') {
      const part = slot.isWhole ? {} : { amount }
      return {
        ...base,
        kind,
        pendingId: idOf(slot.hold),
        ...(kind === 'post' || slot.amount === 0 ? part : {}),
      }
    }
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

function numberOf({ ledgerBase }: RunNames, ledger: number): number {
  return ledger === 0 ? 0 : ledgerBase + ledger
}
