import type { Test } from 'tap'
import { LedgerInputError } from '@shardline/ledger'
import type { AccountId, Page, TransferId } from '@shardline/ledger'
import { Ids, makeAccounts, moveOf } from '../support/test-ledger.ts'
import type { SuiteLedger } from './ledger-suite.ts'

/** What the ledger promises about lists. */
export async function queryRules(t: Test, { ledger }: SuiteLedger): Promise<void> {
  const ids = new Ids(6)
  const number = 60
  const accounts = await makeAccounts(
    ledger,
    ids,
    [0, 1, 2, 3, 4, 5, 6].map((i) => ({ ledger: number, code: 1 + (i % 2), userData: i === 3 ? 'me' : '' })),
  )
  const [a, b, c] = accounts as readonly [AccountId, AccountId, AccountId]
  const moves = Array.from({ length: 25 }, (_, i) =>
    moveOf(ids, i % 5 === 0 ? [b, c] : [a, b], {
      ledger: number,
      code: 1 + (i % 3),
      userData: i % 2 === 0 ? `request ${i % 4}` : '',
    }),
  )
  const outcomes = await ledger.createTransfers(moves)
  const idsOf = (page: Page<{ readonly id: string }>): readonly string[] => page.items.map(({ id }) => id)
  const idsWhere = (isWanted: (index: number) => boolean): readonly TransferId[] =>
    moves.filter((_, index) => isWanted(index)).map(({ id }) => id)

  await t.test('pages cover everything once, in both directions', async (t) => {
    for (const isReversed of [false, true]) {
      const seen: string[] = []
      let after: bigint | undefined
      do {
        const page: Page<{ readonly id: string }> = await ledger.transfers({
          ledger: number,
          limit: 4,
          isReversed,
          ...(after === undefined ? {} : { after }),
        })
        seen.push(...idsOf(page))
        after = page.next
      } while (after !== undefined)
      const expected = moves.map(({ id }) => id)
      t.same(seen, isReversed ? expected.toReversed() : expected)
    }
  })

  await t.test('filters keep what they name', async (t) => {
    t.same(
      idsOf(await ledger.transfers({ accountId: c })),
      idsWhere((i) => i % 5 === 0),
    )
    t.same(
      idsOf(await ledger.transfers({ accountId: b, side: 'credit' })),
      idsWhere((i) => i % 5 !== 0),
    )
    t.same(
      idsOf(await ledger.transfers({ accountId: b, side: 'debit' })),
      idsWhere((i) => i % 5 === 0),
    )
    t.same(
      idsOf(await ledger.transfers({ ledger: number, code: 2 })),
      idsWhere((i) => i % 3 === 1),
    )
    t.same(
      idsOf(await ledger.transfers({ accountId: b, userData: 'request 2' })),
      idsWhere((i) => i % 4 === 2),
    )
    t.same(
      idsOf(await ledger.transfers({ ledger: number, userData: '' })),
      idsWhere((i) => i % 2 === 1),
    )
    t.same(idsOf(await ledger.transfers({ ledger: number, kind: 'void' })), [])
    const fromNs = outcomes[10]?.timestampNs ?? 0n
    const toNs = outcomes[20]?.timestampNs ?? 0n
    t.same(
      idsOf(await ledger.transfers({ ledger: number, fromNs, toNs })),
      idsWhere((i) => i >= 10 && i < 20),
    )
  })

  await t.test('accounts are listed the same way', async (t) => {
    const first = await ledger.accounts({ ledger: number, limit: 5 })
    t.same(idsOf(first), accounts.slice(0, 5))
    const rest = await ledger.accounts({ ledger: number, limit: 5, after: first.next ?? 0n })
    t.same(idsOf(rest), accounts.slice(5))
    t.equal(rest.next, undefined)
    t.same(idsOf(await ledger.accounts({ ledger: number, userData: 'me' })), [accounts[3]])
    t.same(idsOf(await ledger.accounts({ ledger: number, code: 2 })), [accounts[1], accounts[3], accounts[5]])
  })

  await t.test('look-ups keep their order and leave gaps', async (t) => {
    const unknown = ids.transfer()
    const found = await ledger.lookupTransfers([moves[2]!.id, unknown, moves[1]!.id])
    t.same(
      found.map((one) => one?.id),
      [moves[2]!.id, undefined, moves[1]!.id],
    )
    t.same(await ledger.lookupAccounts([]), [])
  })

  await t.test('limits of pages are checked', async (t) => {
    for (const limit of [0, -1, 1.5, 8_191]) await t.rejects(ledger.transfers({ limit }), LedgerInputError)
    await t.rejects(ledger.accounts({ limit: 0 }), LedgerInputError)
  })
}
