import type { Test } from 'tap'
import { Ids, makeAccounts, moveOf } from '../support/test-ledger.ts'
import type { SuiteLedger } from './ledger-suite.ts'

/** What the ledger promises about limits of accounts. */
export async function limitRules(t: Test, { ledger }: SuiteLedger): Promise<void> {
  const ids = new Ids(3)
  const one = async (init: Parameters<typeof ledger.createTransfers>[0][number]): Promise<string> =>
    (await ledger.createTransfers([init]))[0]?.status ?? ''

  await t.test('an account spends what it has and not more', async (t) => {
    const [bank, user] = await makeAccounts(ledger, ids, [{}, { limit: 'debits_must_not_exceed_credits' }])
    t.equal(await one(moveOf(ids, [user, bank], { amount: 1n })), 'exceeds_credits')
    t.equal(await one(moveOf(ids, [bank, user], { amount: 100n })), 'created')
    t.equal(await one(moveOf(ids, [user, bank], { amount: 101n })), 'exceeds_credits')
    t.equal(await one(moveOf(ids, [user, bank], { amount: 100n })), 'created')
    t.equal(await one(moveOf(ids, [user, bank], { amount: 1n })), 'exceeds_credits')
  })

  await t.test('what is held counts as spent, and what is promised to come does not count', async (t) => {
    const [bank, user] = await makeAccounts(ledger, ids, [{}, { limit: 'debits_must_not_exceed_credits' }])
    await one(moveOf(ids, [bank, user], { amount: 100n }))
    const hold = moveOf(ids, [user, bank], { amount: 80n, kind: 'pending' })
    t.equal(await one(hold), 'created')
    t.equal(await one(moveOf(ids, [user, bank], { amount: 21n })), 'exceeds_credits')
    t.equal(await one(moveOf(ids, [bank, user], { amount: 50n, kind: 'pending' })), 'created')
    t.equal(await one(moveOf(ids, [user, bank], { amount: 21n })), 'exceeds_credits')
    t.equal(await one(moveOf(ids, [user, bank], { amount: 20n })), 'created')
    t.equal(await one({ id: ids.transfer(), kind: 'post', pendingId: hold.id }), 'created')
    t.match((await ledger.lookupAccounts([user]))[0], { debitsPosted: 100n, debitsPending: 0n })
  })

  await t.test('the other limit holds the other side', async (t) => {
    const [bank, debtor] = await makeAccounts(ledger, ids, [{}, { limit: 'credits_must_not_exceed_debits' }])
    t.equal(await one(moveOf(ids, [bank, debtor], { amount: 1n })), 'exceeds_debits')
    t.equal(await one(moveOf(ids, [debtor, bank], { amount: 30n })), 'created')
    t.equal(await one(moveOf(ids, [bank, debtor], { amount: 31n, kind: 'pending' })), 'exceeds_debits')
    t.equal(await one(moveOf(ids, [bank, debtor], { amount: 30n, kind: 'pending' })), 'created')
    t.equal(await one(moveOf(ids, [bank, debtor], { amount: 1n })), 'exceeds_debits')
  })

  await t.test('many at once never take an account below its limit', async (t) => {
    const [bank, user, shop] = await makeAccounts(ledger, ids, [
      {},
      { limit: 'debits_must_not_exceed_credits' },
      {},
    ])
    await one(moveOf(ids, [bank, user], { amount: 100n }))
    const tries = Array.from({ length: 50 }, () => moveOf(ids, [user, shop], { amount: 7n }))
    const outcomes = await Promise.all(tries.map((init) => one(init)))
    t.equal(outcomes.filter((status) => status === 'created').length, 14)
    t.equal(outcomes.filter((status) => status === 'exceeds_credits').length, 36)
    t.match((await ledger.lookupAccounts([user]))[0], { debitsPosted: 98n, creditsPosted: 100n })
  })
}
