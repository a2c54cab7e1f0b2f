import type { Test } from 'tap'
import type { ResolveInit, TransferId, TransferInit } from '@shardline/ledger'
import { Ids, makeAccounts, moveOf } from '../support/test-ledger.ts'
import type { SuiteLedger } from './ledger-suite.ts'

/** What the ledger promises about two-phase transfers. */
export async function holdRules(t: Test, suite: SuiteLedger): Promise<void> {
  const { ledger, clock } = suite
  const ids = new Ids(4)
  const one = async (init: TransferInit): Promise<string> =>
    (await ledger.createTransfers([init]))[0]?.status ?? ''
  const resolve = (
    kind: 'post' | 'void',
    pendingId: TransferId,
    init: Partial<ResolveInit> = {},
  ): ResolveInit => ({ id: ids.transfer(), kind, pendingId, ...init })
  const makeHold = async (init: Parameters<typeof moveOf>[2] = {}) => {
    const [a, b] = await makeAccounts(ledger, ids, [{}, {}])
    const hold = moveOf(ids, [a, b], { kind: 'pending', amount: 100n, code: 9, ...init })
    t.equal(await one(hold), 'created')
    const read = async () => {
      const [from, to] = await ledger.lookupAccounts([a, b])
      return [from?.debitsPending, from?.debitsPosted, to?.creditsPending, to?.creditsPosted]
    }
    return { hold, read }
  }

  await t.test('a hold is pending on both sides, and posted whole by default', async (t) => {
    const { hold, read } = await makeHold({ userData: 'request' })
    t.same(await read(), [100n, 0n, 100n, 0n])
    const post = resolve('post', hold.id)
    t.equal(await one(post), 'created')
    t.same(await read(), [0n, 100n, 0n, 100n])
    const [pending, posted] = await ledger.lookupTransfers([hold.id, post.id])
    t.equal(pending?.endedBy, 'post')
    t.match(posted, { amount: 100n, code: 9, userData: 'request', pendingId: hold.id, kind: 'post' })
  })

  await t.test('a part is posted and the rest released', async (t) => {
    const { hold, read } = await makeHold()
    t.equal(await one(resolve('post', hold.id, { amount: 101n })), 'exceeds_pending_transfer_amount')
    t.equal(await one(resolve('post', hold.id, { amount: 30n })), 'created')
    t.same(await read(), [0n, 30n, 0n, 30n])
  })

  await t.test('nothing at all may be posted', async (t) => {
    const { hold, read } = await makeHold()
    t.equal(await one(resolve('post', hold.id, { amount: 0n })), 'created')
    t.same(await read(), [0n, 0n, 0n, 0n])
    t.equal(await one(resolve('void', hold.id)), 'pending_transfer_already_posted')
  })

  await t.test('a hold is released by a void', async (t) => {
    const { hold, read } = await makeHold()
    t.equal(await one(resolve('void', hold.id, { amount: 100n })), 'amount_reserved_for_post')
    t.equal(await one(resolve('void', hold.id)), 'created')
    t.same(await read(), [0n, 0n, 0n, 0n])
    t.equal(await one(resolve('post', hold.id)), 'pending_transfer_already_voided')
    t.equal((await ledger.lookupTransfers([hold.id]))[0]?.endedBy, 'void')
  })

  await t.test('a hold ends once, however many try', async (t) => {
    const { hold, read } = await makeHold()
    const other = await suite.reopen()
    const tries = Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? ledger : other).createTransfers([resolve('post', hold.id, { amount: 60n })]),
    )
    const statuses = (await Promise.all(tries)).map(([outcome]) => outcome?.status)
    t.equal(statuses.filter((status) => status === 'created').length, 1)
    t.equal(statuses.filter((status) => status === 'pending_transfer_already_posted').length, 19)
    t.same(await read(), [0n, 60n, 0n, 60n])
    await other.close()
  })

  await t.test('what names no hold is refused', async (t) => {
    const { hold } = await makeHold()
    const single = moveOf(ids, [hold.debitAccountId, hold.creditAccountId])
    await one(single)
    t.equal(await one(resolve('post', single.id)), 'pending_transfer_not_pending')
    const unknown = resolve('post', ids.transfer())
    t.equal(await one(unknown), 'pending_transfer_not_found')
    t.equal(await one(unknown), 'id_already_failed')
    const self = ids.transfer()
    t.equal(await one({ id: self, kind: 'post', pendingId: self }), 'pending_id_must_be_different')
    const none = '00000000-0000-0000-0000-000000000000' as TransferId
    t.equal(await one(resolve('void', none)), 'pending_id_must_not_be_zero')
  })

  await t.test('the same end again exists, another under its id is told apart', async (t) => {
    const { hold } = await makeHold()
    const post = resolve('post', hold.id, { amount: 40n })
    t.equal(await one(post), 'created')
    t.equal(await one(post), 'exists')
    t.equal(await one({ ...post, amount: 41n }), 'exists_with_different_amount')
    t.equal(await one({ id: post.id, kind: 'post', pendingId: hold.id }), 'exists_with_different_amount')
    t.equal(await one({ ...post, userData: 'x' }), 'exists_with_different_user_data')
    t.equal(await one({ ...post, pendingId: ids.transfer() }), 'exists_with_different_pending_id')
    t.equal(await one({ id: post.id, kind: 'void', pendingId: hold.id }), 'exists_with_different_kind')
  })

  await t.test('a hold is released when its time is over, by the ledger itself', async (t) => {
    const { hold, read } = await makeHold({ timeoutMs: 1_000 })
    clock.advance(900)
    t.equal(await ledger.sweepExpired(), 0)
    t.same(await read(), [100n, 0n, 100n, 0n])
    clock.advance(200)
    t.equal(await ledger.sweepExpired(), 1)
    t.equal(await ledger.sweepExpired(), 0)
    t.same(await read(), [0n, 0n, 0n, 0n])
    t.equal(await one(resolve('post', hold.id)), 'pending_transfer_expired')
    t.equal((await ledger.lookupTransfers([hold.id]))[0]?.endedBy, 'expire')
    const ends = await ledger.transfers({ pendingId: hold.id })
    t.same(
      ends.items.map(({ kind, amount }) => [kind, amount]),
      [['expire', 100n]],
    )
  })

  await t.test('an expired hold does not count against limits, without any sweep', async (t) => {
    const [bank, user] = await makeAccounts(ledger, ids, [{}, { limit: 'debits_must_not_exceed_credits' }])
    await one(moveOf(ids, [bank, user], { amount: 100n }))
    const hold = moveOf(ids, [user, bank], { amount: 100n, kind: 'pending', timeoutMs: 50 })
    t.equal(await one(hold), 'created')
    t.equal(await one(moveOf(ids, [user, bank], { amount: 100n })), 'exceeds_credits')
    clock.advance(60)
    t.equal(await one(moveOf(ids, [user, bank], { amount: 100n })), 'created')
    t.equal(await one(resolve('post', hold.id)), 'pending_transfer_expired')
  })

  await t.test('more holds than one transaction releases are released all the same', async (t) => {
    const small = await suite.reopen({ expiredPerBatchMax: 3 })
    const [a, b] = await makeAccounts(ledger, ids, [{}, {}])
    const holds = Array.from({ length: 10 }, () => moveOf(ids, [a, b], { kind: 'pending', timeoutMs: 10 }))
    await small.createTransfers(holds)
    clock.advance(20)
    t.equal(await small.sweepExpired(), 10)
    t.equal((await ledger.lookupAccounts([a]))[0]?.debitsPending, 0n)
    await small.close()
  })
}
