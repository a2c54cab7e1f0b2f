import type { Test } from 'tap'
import type { AccountInit, TransferInit } from '@shardline/ledger'
import { Ids, makeAccounts, moveOf } from '../support/test-ledger.ts'
import type { SuiteLedger } from './ledger-suite.ts'

/** What the ledger promises about linked items. */
export async function chainRules(t: Test, { ledger }: SuiteLedger): Promise<void> {
  const ids = new Ids(5)
  const [a, b, c] = await makeAccounts(ledger, ids, [{}, {}, {}])
  const statusesOf = async (inits: readonly TransferInit[]): Promise<readonly string[]> =>
    (await ledger.createTransfers(inits)).map(({ status }) => status)
  const linked = { isLinked: true }

  await t.test('a chain takes place as a whole', async (t) => {
    t.same(
      await statusesOf([moveOf(ids, [a, b], linked), moveOf(ids, [b, c], linked), moveOf(ids, [c, a])]),
      ['created', 'created', 'created'],
    )
  })

  await t.test('or not at all, and only the first that fails says why', async (t) => {
    const before = await ledger.lookupAccounts([a, b, c])
    const alone = moveOf(ids, [a, b], { amount: 1n })
    const chain = [
      moveOf(ids, [a, b], linked),
      moveOf(ids, [b, c], { ...linked, amount: 0n }),
      moveOf(ids, [b, b], linked),
      moveOf(ids, [c, a]),
    ]
    t.same(await statusesOf([...chain, alone]), [
      'linked_event_failed',
      'amount_must_not_be_zero',
      'linked_event_failed',
      'linked_event_failed',
      'created',
    ])
    t.same(await ledger.lookupTransfers(chain.map(({ id }) => id)), Array.from({ length: 4 }))
    const after = await ledger.lookupAccounts([a, b, c])
    t.equal(after[0]?.debitsPosted, (before[0]?.debitsPosted ?? 0n) + 1n)
    t.equal(after[2]?.creditsPosted, before[2]?.creditsPosted)
  })

  await t.test(
    'ids of a failed chain are free, but for the one that failed for a reason of state',
    async (t) => {
      const [poor] = await makeAccounts(ledger, ids, [{ limit: 'debits_must_not_exceed_credits' }])
      const first = moveOf(ids, [a, b], linked)
      const second = moveOf(ids, [poor, b])
      t.same(await statusesOf([first, second]), ['linked_event_failed', 'exceeds_credits'])
      t.same(await statusesOf([{ ...first, isLinked: false }, second]), ['created', 'id_already_failed'])
    },
  )

  await t.test('a chain that the call leaves open fails at its end', async (t) => {
    t.same(
      await statusesOf([moveOf(ids, [a, b]), moveOf(ids, [a, b], linked), moveOf(ids, [b, c], linked)]),
      ['created', 'linked_event_failed', 'linked_event_chain_open'],
    )
  })

  await t.test('a chain sent again fails at its first, which exists: so it took place', async (t) => {
    const chain = [moveOf(ids, [a, b], linked), moveOf(ids, [b, c])]
    t.same(await statusesOf(chain), ['created', 'created'])
    t.same(await statusesOf(chain), ['exists', 'linked_event_failed'])
  })

  await t.test('a later link sees what an earlier one did', async (t) => {
    const [poor] = await makeAccounts(ledger, ids, [{ limit: 'debits_must_not_exceed_credits' }])
    const hold = moveOf(ids, [a, poor], { ...linked, kind: 'pending', amount: 5n })
    const post: TransferInit = { id: ids.transfer(), kind: 'post', pendingId: hold.id, isLinked: true }
    t.same(await statusesOf([hold, post, moveOf(ids, [poor, b], { amount: 5n })]), [
      'created',
      'created',
      'created',
    ])
    const again = moveOf(ids, [a, poor], { ...linked, kind: 'pending', amount: 5n })
    const end: TransferInit = { id: ids.transfer(), kind: 'void', pendingId: again.id, isLinked: true }
    t.same(await statusesOf([again, end, moveOf(ids, [poor, b], { amount: 5n })]), [
      'linked_event_failed',
      'linked_event_failed',
      'exceeds_credits',
    ])
    t.match((await ledger.lookupAccounts([poor]))[0], {
      creditsPending: 0n,
      creditsPosted: 5n,
      debitsPosted: 5n,
    })
  })

  await t.test('a failed chain gives a hold back that it had ended', async (t) => {
    const hold = moveOf(ids, [a, b], { kind: 'pending', amount: 5n })
    await statusesOf([hold])
    const post: TransferInit = { id: ids.transfer(), kind: 'post', pendingId: hold.id, isLinked: true }
    t.same(await statusesOf([post, moveOf(ids, [a, a])]), [
      'linked_event_failed',
      'accounts_must_be_different',
    ])
    t.same(await statusesOf([{ ...post, isLinked: false }]), ['created'])
  })

  await t.test('accounts can be linked too', async (t) => {
    const account = (init: Partial<AccountInit>): AccountInit => ({
      id: ids.account(),
      ledger: 1,
      code: 1,
      ...init,
    })
    const chain = [account(linked), account({ code: 0 }), account({})]
    const outcomes = await ledger.createAccounts(chain)
    t.same(
      outcomes.map(({ status }) => status),
      ['linked_event_failed', 'code_must_not_be_zero', 'created'],
    )
    const found = await ledger.lookupAccounts(chain.map(({ id }) => id))
    t.same(
      found.map((one) => one !== undefined),
      [false, false, true],
    )
  })
}
