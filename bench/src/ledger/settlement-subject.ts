/** A settlement: four legs out of one account. */
export interface Settlement {
  readonly from: number
  /** Accounts that get a leg each, by number. */
  readonly to: readonly [number, number, number, number]
}

/** Something that settles: the ledger, or hand-written SQL. */
export interface SettlementSubject extends AsyncDisposable {
  readonly label: string
  /** Resolves when the four legs are on disk. */
  settle(settlement: Settlement): Promise<void>
}

/** Accounts of a run. Account 0 is the one that everybody pays a fee to. */
export const ACCOUNTS = 1_000
/** Amounts of the four legs. */
export const LEG_AMOUNTS: readonly [bigint, bigint, bigint, bigint] = [15n, 63n, 12n, 10n]

/** How the fourth legs go: to an account each, or all to one. */
export type Spread = 'spread' | 'hot'

/** The settlement of a number. */
export function settlementOf(number: number, spread: Spread): Settlement {
  const account = (offset: number): number => 1 + ((number * 7 + offset * 199) % (ACCOUNTS - 1))
  return { from: account(0), to: [account(1), account(2), account(3), spread === 'hot' ? 0 : account(4)] }
}

/** Settles for a while with some callers at once; tells settlements per second. */
export async function measureRate(
  subject: SettlementSubject,
  {
    spread,
    callers,
    durationMs,
  }: { readonly spread: Spread; readonly callers: number; readonly durationMs: number },
  now: () => number,
): Promise<number> {
  let started = 0
  let done = 0
  const startMs = now()
  const caller = async (): Promise<void> => {
    while (now() - startMs < durationMs) {
      await subject.settle(settlementOf(started++, spread))
      done++
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return (done * 1000) / (now() - startMs)
}
