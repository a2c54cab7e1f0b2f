import type { Test } from 'tap'
import { LedgerInputError, NO_ID } from '@shardline/ledger'
import type { MoveInit, TransferInit, TransferStatus } from '@shardline/ledger'
import { expiryId } from '../../src/ids.ts'
import { Ids, makeAccounts, moveOf } from '../support/test-ledger.ts'
import type { SuiteLedger } from './ledger-suite.ts'

/** What the ledger promises about single transfers. */
export async function moveRules(t: Test, { ledger, clock }: SuiteLedger): Promise<void> {
  const ids = new Ids(2)
  const [a, b, other] = await makeAccounts(ledger, ids, [{}, {}, { ledger: 2 }])
  const statusOf = async (init: TransferInit): Promise<TransferStatus | undefined> =>
    (await ledger.createTransfers([init]))[0]?.status
  const zero = NO_ID as never

  await t.test('a transfer adds to the debits of one account and the credits of the other', async (t) => {
    const init = moveOf(ids, [a, b], { amount: 250n, userData: 'request' })
    const [outcome] = await ledger.createTransfers([init])
    t.equal(outcome?.status, 'created')
    const [from, to] = await ledger.lookupAccounts([a, b])
    t.same([from?.debitsPosted, from?.creditsPosted], [250n, 0n])
    t.same([to?.debitsPosted, to?.creditsPosted], [0n, 250n])
    const [found] = await ledger.lookupTransfers([init.id])
    t.match(found, { ...init, kind: 'single', timestampNs: outcome?.timestampNs, endedBy: undefined })
  })

  await t.test('the same transfer again exists and moves nothing', async (t) => {
    const init = moveOf(ids, [a, b])
    const [first] = await ledger.createTransfers([init])
    const before = await ledger.lookupAccounts([a, b])
    const again = await ledger.createTransfers([init, init])
    t.same(
      again,
      Array.from({ length: 2 }, () => ({ status: 'exists', timestampNs: first?.timestampNs })),
    )
    t.same(await ledger.lookupAccounts([a, b]), before)
  })

  await t.test('another transfer under the same id is told apart by the field', async (t) => {
    const init = moveOf(ids, [a, b])
    await ledger.createTransfers([init])
    const cases: readonly (readonly [Partial<MoveInit>, TransferStatus])[] = [
      [{ kind: 'pending' }, 'exists_with_different_kind'],
      [{ timeoutMs: 1 }, 'exists_with_different_timeout'],
      [{ debitAccountId: other }, 'exists_with_different_debit_account_id'],
      [{ creditAccountId: other }, 'exists_with_different_credit_account_id'],
      [{ amount: 11n }, 'exists_with_different_amount'],
      [{ userData: 'x' }, 'exists_with_different_user_data'],
      [{ ledger: 2 }, 'exists_with_different_ledger'],
      [{ code: 2 }, 'exists_with_different_code'],
    ]
    for (const [change, status] of cases) t.equal(await statusOf({ ...init, ...change }), status)
    t.equal(
      await statusOf({ id: init.id, kind: 'void', pendingId: ids.transfer() }),
      'exists_with_different_kind',
    )
  })

  await t.test('rules are outcomes', async (t) => {
    const cases: readonly (readonly [Partial<MoveInit>, TransferStatus])[] = [
      [{ id: zero }, 'id_must_not_be_zero'],
      [{ id: expiryId(ids.transfer()) }, 'id_reserved'],
      [{ debitAccountId: zero }, 'debit_account_id_must_not_be_zero'],
      [{ creditAccountId: zero }, 'credit_account_id_must_not_be_zero'],
      [{ creditAccountId: a }, 'accounts_must_be_different'],
      [{ amount: 0n }, 'amount_must_not_be_zero'],
      [{ ledger: 0 }, 'ledger_must_not_be_zero'],
      [{ code: 0 }, 'code_must_not_be_zero'],
      [{ timeoutMs: 5 }, 'timeout_reserved_for_pending'],
      [{ debitAccountId: ids.account() }, 'debit_account_not_found'],
      [{ creditAccountId: ids.account() }, 'credit_account_not_found'],
      [{ creditAccountId: other }, 'accounts_must_have_the_same_ledger'],
      [{ ledger: 2 }, 'transfer_must_have_the_same_ledger_as_accounts'],
    ]
    const before = await ledger.lookupAccounts([a, b, other])
    for (const [change, status] of cases) t.equal(await statusOf(moveOf(ids, [a, b], change)), status)
    t.same(await ledger.lookupAccounts([a, b, other]), before)
  })

  await t.test('an id that failed for a reason of state is used up, one that was wrong is not', async (t) => {
    const early = moveOf(ids, [ids.account(), b])
    t.equal(await statusOf(early), 'debit_account_not_found')
    await ledger.createAccounts([{ id: early.debitAccountId, ledger: 1, code: 1 }])
    t.equal(await statusOf(early), 'id_already_failed')
    t.equal(await statusOf({ ...early, id: ids.transfer() }), 'created')
    const wrong = moveOf(ids, [a, b], { amount: 0n })
    t.equal(await statusOf(wrong), 'amount_must_not_be_zero')
    t.equal(await statusOf({ ...wrong, amount: 1n }), 'created')
  })

  await t.test('sums stop at what the database can hold', async (t) => {
    const [from, to] = await makeAccounts(ledger, ids, [{}, {}])
    const most = 2n ** 63n - 1n
    t.equal(await statusOf(moveOf(ids, [from, to], { amount: most })), 'created')
    t.equal(await statusOf(moveOf(ids, [from, b], { amount: 1n })), 'overflows_debits')
    t.equal(await statusOf(moveOf(ids, [a, to], { amount: 1n })), 'overflows_credits')
    t.equal((await ledger.lookupAccounts([from]))[0]?.debitsPosted, most)
  })

  await t.test('a value of the wrong kind throws, and nothing of the call is written', async (t) => {
    const good = moveOf(ids, [a, b])
    const wrong: readonly Partial<Record<keyof MoveInit, unknown>>[] = [
      { id: 'x' },
      { debitAccountId: undefined },
      { amount: 5 },
      { amount: -1n },
      { amount: 2n ** 63n },
      { timeoutMs: 0.5 },
      { kind: 'expire' },
      { code: Number.NaN },
    ]
    for (const change of wrong) {
      const bad = { ...moveOf(ids, [a, b]), ...change } as TransferInit
      await t.rejects(ledger.createTransfers([good, bad]), LedgerInputError)
    }
    t.same(await ledger.lookupTransfers([good.id]), [undefined])
    await t.rejects(ledger.createTransfers(Array.from({ length: 8_191 }, () => good)), LedgerInputError)
    t.same(await ledger.createTransfers([]), [])
  })

  await t.test('times increase strictly, also when the clock jumps back', async (t) => {
    const times: bigint[] = []
    for (let i = 0; i < 3; i++) {
      const outcomes = await ledger.createTransfers([moveOf(ids, [a, b]), moveOf(ids, [b, a])])
      times.push(...outcomes.map(({ timestampNs }) => timestampNs ?? 0n))
      clock.advance(-1_000)
    }
    clock.advance(3_000)
    t.same(
      times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0n)),
      true,
    )
  })
}
