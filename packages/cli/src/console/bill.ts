import type { MarketRequest } from '@shardline/client'
import { formatCredits } from '../ledger/format-money.ts'
import { formatCount, formatTable } from './format.ts'

const ID_HEAD_CHARS = 13
const ID_TAIL_CHARS = 5

/**
 * Draws what paid answers of one pipeline cost in all, and who earned what of it. Requests that aren't settled yet are
 * named with where they stand.
 */
export function drawBill(payments: readonly MarketRequest[]): string {
  const settled = payments.filter(({ settlement }) => settlement !== undefined)
  const open = payments.filter(({ settlement }) => settlement === undefined)
  const notes = open.map(
    ({ id, state, hold }) =>
      `request ${id} is not settled yet: it is ${state}, ${formatCredits(hold)} credits are held\n`,
  )
  if (settled.length === 0) return notes.join('')
  const rows = [
    ...earningsOf(settled),
    ['fee of the market', '', formatCredits(sumOf(settled, 'fee'))],
    ['billed', '', formatCredits(sumOf(settled, 'billed'))],
    ['given back', `of ${formatCredits(heldFor(settled))} held`, formatCredits(sumOf(settled, 'refund'))],
  ]
  const width = Math.max(...rows.map(([, , amount = '']) => amount.length))
  const table = formatTable(
    rows.map(([who, id, amount = '']) => [`  ${who}`, id ?? '', amount.padStart(width)]),
  )
  return headOf(settled) + table + notes.join('')
}

/** One line about what an answer cost. */
export function billLine({ settlement, lockedPrice, state }: MarketRequest): string {
  if (settlement === undefined) return `not settled yet: the request is ${state}\n`
  const price = formatCredits(BigInt(lockedPrice.replace(/\..*$/, '')))
  return `billed ${formatCredits(settlement.billed)} credits, at ${price} per 1M tokens\n`
}

/** An id that people can tell from others: its beginning and its end. */
export function shortId(id: string): string {
  return id.length <= ID_HEAD_CHARS + ID_TAIL_CHARS
    ? id
    : `${id.slice(0, ID_HEAD_CHARS)}…${id.slice(-ID_TAIL_CHARS)}`
}

function headOf(settled: readonly MarketRequest[]): string {
  const [first, ...others] = settled
  const what = others.length === 0 ? `request ${first?.id ?? ''}` : `${settled.length} requests`
  const prompt = settled.reduce((sum, { acknowledged }) => sum + acknowledged.prompt, 0)
  const output = settled.reduce((sum, { acknowledged }) => sum + acknowledged.output, 0)
  return `the bill in credits: ${what}, ${formatCount(prompt)} prompt and ${formatCount(output)} answer tokens\n`
}

/** A row for everyone who earned something, in the order of the pipeline. */
function earningsOf(settled: readonly MarketRequest[]): readonly (readonly string[])[] {
  const earned = new Map<string, { readonly roles: string; readonly amount: bigint }>()
  for (const request of settled) {
    const payouts = request.settlement?.payouts ?? []
    const inOrder = payouts.toSorted(
      (one, other) => placeOf(one.node, request) - placeOf(other.node, request),
    )
    for (const { node, amount } of inOrder) {
      const before = earned.get(node)
      earned.set(node, {
        roles: before?.roles ?? rolesOf(node, request).join(' and '),
        amount: (before?.amount ?? 0n) + amount,
      })
    }
  }
  return [...earned].map(([node, { roles, amount }]) => [roles, shortId(node), formatCredits(amount)])
}

function placeOf(party: string, { driver, participants }: MarketRequest): number {
  if (party === driver) return -1
  const place = participants?.workers.findIndex(({ node }) => node === party) ?? -1
  return place < 0 ? Number.MAX_SAFE_INTEGER : place
}

/** What a party did in a request: `driver`, `worker 1`, `validator`, or several of them. */
function rolesOf(party: string, { driver, participants }: MarketRequest): readonly string[] {
  return [
    ...(driver === party ? ['driver'] : []),
    ...(participants?.workers ?? []).flatMap(({ node }, place) =>
      node === party ? [`worker ${place + 1}`] : [],
    ),
    ...(participants?.validator === party ? ['validator'] : []),
  ]
}

function sumOf(settled: readonly MarketRequest[], what: 'fee' | 'billed' | 'refund'): bigint {
  return settled.reduce((sum, { settlement }) => sum + (settlement?.[what] ?? 0n), 0n)
}

function heldFor(settled: readonly MarketRequest[]): bigint {
  return settled.reduce((sum, { hold }) => sum + hold, 0n)
}
