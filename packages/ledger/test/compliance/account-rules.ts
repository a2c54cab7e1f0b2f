import type { Test } from 'tap'
import { LedgerInputError, NO_ID } from '@shardline/ledger'
import type { AccountInit, AccountStatus } from '@shardline/ledger'
import { expiryId } from '../../src/ids.ts'
import { Ids } from '../support/test-ledger.ts'
import type { SuiteLedger } from './ledger-suite.ts'

/** What the ledger promises about creating accounts. */
export async function accountRules(t: Test, { ledger }: SuiteLedger): Promise<void> {
  const ids = new Ids(1)
  const account = (init: Partial<AccountInit> = {}): AccountInit => ({
    id: ids.account(),
    ledger: 1,
    code: 7,
    ...init,
  })
  const statusOf = async (init: AccountInit): Promise<AccountStatus | undefined> =>
    (await ledger.createAccounts([init]))[0]?.status

  await t.test('a new account has nothing on it', async (t) => {
    const init = account({ userData: 'key "ä" \\ {,}', limit: 'debits_must_not_exceed_credits' })
    const [outcome] = await ledger.createAccounts([init])
    t.equal(outcome?.status, 'created')
    const [found] = await ledger.lookupAccounts([init.id])
    const { logIndex: _, ...rest } = found ?? { logIndex: 0n }
    t.same(rest, {
      ...init,
      timestampNs: outcome?.timestampNs,
      debitsPending: 0n,
      debitsPosted: 0n,
      creditsPending: 0n,
      creditsPosted: 0n,
    })
  })

  await t.test('the same account again exists, with its first time', async (t) => {
    const init = account()
    const [first] = await ledger.createAccounts([init])
    const [again] = await ledger.createAccounts([init])
    t.same(again, { status: 'exists', timestampNs: first?.timestampNs })
  })

  await t.test('another account under the same id is told apart by the field', async (t) => {
    const init = account({ userData: 'a' })
    await ledger.createAccounts([init])
    t.equal(await statusOf({ ...init, ledger: 2 }), 'exists_with_different_ledger')
    t.equal(await statusOf({ ...init, code: 8 }), 'exists_with_different_code')
    const limit = 'credits_must_not_exceed_debits'
    t.equal(await statusOf({ ...init, limit }), 'exists_with_different_limit')
    t.equal(await statusOf({ ...init, userData: 'b' }), 'exists_with_different_user_data')
  })

  await t.test('rules are outcomes', async (t) => {
    t.equal(await statusOf(account({ id: NO_ID as AccountInit['id'] })), 'id_must_not_be_zero')
    const reserved = expiryId(ids.transfer()) as string as AccountInit['id']
    t.equal(await statusOf(account({ id: reserved })), 'id_reserved')
    t.equal(await statusOf(account({ ledger: 0 })), 'ledger_must_not_be_zero')
    t.equal(await statusOf(account({ code: 0 })), 'code_must_not_be_zero')
  })

  await t.test('a value of the wrong kind throws, and nothing of the call is written', async (t) => {
    const good = account()
    const wrong: readonly Partial<AccountInit>[] = [
      { id: 'nonsense' as AccountInit['id'] },
      { id: good.id.toUpperCase() as AccountInit['id'] },
      { ledger: 1.5 },
      { ledger: -1 },
      { ledger: 2 ** 31 },
      { code: 65_536 },
      { limit: 'both' as 'none' },
      { userData: 'x'.repeat(65) },
      { userData: 'a\0b' },
      { userData: '\ud800' },
    ]
    for (const init of wrong) {
      await t.rejects(ledger.createAccounts([good, account(init)]), LedgerInputError, JSON.stringify(init))
    }
    t.same(await ledger.lookupAccounts([good.id]), [undefined])
  })
}
