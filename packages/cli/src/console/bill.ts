import type { MarketRequest } from '@shardline/client'
import { formatCredits } from '../ledger/format-money.ts'
import { formatCount, formatTable } from './format.ts'

const ID_HEAD_CHARS = 13
const ID_TAIL_CHARS = 5

/** Draws what a paid answer cost, and who earned what of it; how far it is, if it isn't settled yet. */
export function drawBill(payment: MarketRequest): string {
  const { settlement, hold } = payment
  const head = `request ${payment.id} · ${formatCount(payment.acknowledged.prompt)} prompt and ${formatCount(payment.acknowledged.output)} answer tokens · ${payment.lockedPrice} microcredits per 1M\n`
  if (settlement === undefined) {
    return `${head}  not settled yet: it is ${payment.state}, ${formatCredits(hold)} credits are held\n`
  }
  const { payouts, fee, billed, refund } = settlement
  const rows = [
    ...payouts.map(({ node, amount }) => [rolesOf(node, payment), shortId(node), formatCredits(amount)]),
    ['fee of the market', '', formatCredits(fee)],
    ['billed', '', formatCredits(billed)],
    ['given back', `of ${formatCredits(hold)} held`, formatCredits(refund)],
  ]
  const width = Math.max(...rows.map(([, , amount = '']) => amount.length))
  return (
    head + formatTable(rows.map(([who, id, amount = '']) => [`  ${who}`, id ?? '', amount.padStart(width)]))
  )
}

/** One line of the same. */
export function billLine({ settlement, lockedPrice, state }: MarketRequest): string {
  if (settlement === undefined) return `not settled yet: the request is ${state}`
  return `billed ${formatCredits(settlement.billed)} credits, at ${lockedPrice} microcredits per 1M tokens`
}

/** What a party did in a request: `driver`, `worker 1`, `validator`, or several of them. */
export function rolesOf(
  party: string,
  { driver, participants }: Pick<MarketRequest, 'driver' | 'participants'>,
): string {
  const workers = participants?.workers ?? []
  const roles = [
    ...(driver === party ? ['driver'] : []),
    ...workers.flatMap(({ node }, place) => (node === party ? [`worker ${place + 1}`] : [])),
    ...(participants?.validator === party ? ['validator'] : []),
  ]
  return roles.length === 0 ? 'somebody else' : roles.join(' and ')
}

/** An id that people can tell from others: its beginning and its end. */
export function shortId(id: string): string {
  return `${id.slice(0, ID_HEAD_CHARS)}…${id.slice(-ID_TAIL_CHARS)}`
}
