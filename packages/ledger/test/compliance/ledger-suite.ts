import { ManualClock } from '@shardline/core'
import type { Test } from 'tap'
import { openLedger } from '@shardline/ledger'
import type { Ledger, LedgerOptions } from '@shardline/ledger'
import type { OpenEmpty } from '../support/test-ledger.ts'
import { accountRules } from './account-rules.ts'
import { changeRefusals } from './change-refusals.ts'
import { chainRules } from './chain-rules.ts'
import { holdRules } from './hold-rules.ts'
import { limitRules } from './limit-rules.ts'
import { logRules } from './log-rules.ts'
import { moveRules } from './move-rules.ts'
import { queryRules } from './query-rules.ts'

/** A ledger for one group of tests, with hands on its clock. */
export interface SuiteLedger {
  readonly ledger: Ledger
  readonly clock: ManualClock
  readonly database: Awaited<ReturnType<OpenEmpty>>
  /** Another ledger on the same database, as another process would have it. */
  reopen(options?: LedgerOptions): Promise<Ledger>
}

/** Everything that a ledger promises, on any database. */
export async function ledgerSuite(t: Test, openEmpty: OpenEmpty): Promise<void> {
  const database = await openEmpty()
  const clock = new ManualClock(1_700_000_000_000)
  const ledger = await openLedger({ database, clock })
  t.teardown(async () => {
    await ledger.close()
    await database.close()
  })
  const reopen = (options?: LedgerOptions): Promise<Ledger> => openLedger({ database, clock }, options)
  const suite: SuiteLedger = { ledger, clock, database, reopen }
  await t.test('accounts', (t) => accountRules(t, suite))
  await t.test('transfers', (t) => moveRules(t, suite))
  await t.test('limits', (t) => limitRules(t, suite))
  await t.test('holds', (t) => holdRules(t, suite))
  await t.test('chains', (t) => chainRules(t, suite))
  await t.test('queries', (t) => queryRules(t, suite))
  await t.test('log', (t) => logRules(t, suite))
  await t.test('what was written stays', (t) => changeRefusals(t, suite))
}
