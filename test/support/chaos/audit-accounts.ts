import { connectMarket } from '@shardline/client'
import type { MarketRequest } from '@shardline/client'
import { systemClock, systemRandom } from '@shardline/core'
import type { ChaosMarket, ChaosNode } from './chaos-cluster.ts'
import type { Answered } from './chaos-load.ts'

const OPEN = ['QUOTED', 'PENDING', 'CLAIMED', 'RUNNING', 'DELIVERED']
/** Ends of a request that nobody answered, as far as the market knows. */
const LAPSED = ['EXPIRED', 'FAILED', 'CANCELLED']
/** Why a request ended at its deadline: its user's money was held until then. */
const LATE = ['nobody-claimed', 'deadline-passed']
/** Leases, acknowledgements and deadlines run out within this. */
const SETTLED_MS_MAX = 300_000
const POLL_MS = 250

/** What is known of the money when all answers are over. */
export interface Audit {
  /** What is wrong; nothing, if all is well. */
  readonly wrong: readonly string[]
  readonly requests: readonly MarketRequest[]
  /** Microcredits. */
  readonly billed: bigint
  /** Whole answers that nobody was paid for: a stage was lost before it gave its receipt. */
  readonly unpaid: number
  /** Those of them whose user had its money back at the request's deadline, and not before. */
  readonly late: number
  /** Whole answers that were paid for in part: a stage was lost at the end, and had signed for less. */
  readonly shortened: number
}

/**
 * Waits until every request has ended, and recomputes what everybody should have: the user what was not billed, each node
 * what the settlements say, nobody a microcredit more.
 */
export async function auditAccounts(
  market: ChaosMarket,
  nodes: readonly ChaosNode[],
  answers: readonly Answered[],
): Promise<Audit> {
  const requests = await whenOver(market)
  const { wrong: strange, ...counts } = checkAnswers(
    answers,
    new Map(requests.map((request) => [request.id, request])),
  )
  const settlements = requests.flatMap(({ settlement }) => settlement ?? [])
  const billed = sum(settlements.map((settlement) => settlement.billed))
  const payouts = settlements.flatMap((settlement) => settlement.payouts)
  const balances = [
    await checkUser(market, billed),
    ...(await Promise.all(nodes.map((node) => checkNode(node, { market, payouts })))),
  ]
  const wrong = [...requests.flatMap(checkRequest), ...strange, ...balances.flat()]
  return { wrong, requests, billed, ...counts }
}

/** Whole answers are billed as what they are; if a stage was lost at the end, as what it had signed for, or not at all. */
function checkAnswers(
  answers: readonly Answered[],
  requests: ReadonlyMap<string, MarketRequest>,
): Pick<Audit, 'wrong' | 'unpaid' | 'late' | 'shortened'> {
  const wrong: string[] = []
  let [unpaid, late, shortened] = [0, 0, 0]
  for (const { ask, tokens } of answers) {
    if (ask === undefined) continue
    const request = requests.get(ask)
    if (request === undefined) {
      wrong.push(`${ask} gave ${tokens} tokens, and the market knows nothing of it`)
      continue
    }
    const { state, endReason, delivered, acknowledged, settlement } = request
    if (state === 'COMPLETED' && delivered.output <= tokens && acknowledged.output === tokens) {
      if (delivered.output < tokens) shortened += 1
      continue
    }
    if (LAPSED.includes(state) && (settlement?.billed ?? 0n) === 0n) {
      unpaid += 1
      if (endReason !== undefined && LATE.includes(endReason)) late += 1
      continue
    }
    wrong.push(
      `${ask} gave ${tokens} tokens and is ${state}, counted as ${delivered.output} and ${acknowledged.output}`,
    )
  }
  return { wrong, unpaid, late, shortened }
}

async function checkUser({ client, deposited }: ChaosMarket, billed: bigint): Promise<readonly string[]> {
  const { available, held } = await client.balance()
  if (held === 0n && available === deposited - billed) return []
  return [`the user has ${available}, and ${held} held, of ${deposited} after ${billed} were billed`]
}

interface NodeCheck {
  readonly market: ChaosMarket
  readonly payouts: readonly { readonly node: string; readonly amount: bigint }[]
}

async function checkNode(
  { identity, process }: ChaosNode,
  { market, payouts }: NodeCheck,
): Promise<readonly string[]> {
  const earned = sum(payouts.filter(({ node }) => node === identity.id).map(({ amount }) => amount))
  const url = market.process.address
  const own = connectMarket({ url, identity, clock: systemClock, random: systemRandom })
  const { available } = await own.balance()
  return available === earned ? [] : [`${process.name} has ${available}, and earned ${earned}`]
}

/** What a request was billed has its reason, and was divided without a rest. */
function checkRequest({
  id,
  state,
  hold,
  settlement,
  acknowledged,
  lockedPrice,
  ...request
}: MarketRequest): readonly string[] {
  if (OPEN.includes(state)) return [`${id} is still ${state} after ${request.attempts} claims`]
  if (settlement === undefined) return []
  const { billed, fee, refund, payouts, isDone } = settlement
  const wrong: string[] = []
  if (!isDone) wrong.push(`${id} is ${state} and not settled`)
  if (billed + refund !== hold) wrong.push(`${id}: ${billed} billed and ${refund} given back of ${hold}`)
  if (sum(payouts.map(({ amount }) => amount)) + fee !== billed)
    wrong.push(`${id}: payouts and fee are not ${billed}`)
  const tokens = acknowledged.prompt + acknowledged.output
  const most = (tokens * Number(lockedPrice)) / 1_000_000 + 1
  if (Number(billed) > most) wrong.push(`${id}: ${billed} billed for ${tokens} tokens at ${lockedPrice}`)
  return wrong
}

async function whenOver({ client }: ChaosMarket): Promise<readonly MarketRequest[]> {
  const overMs = systemClock.monotonic() + SETTLED_MS_MAX
  for (;;) {
    const requests: MarketRequest[] = []
    for (;;) {
      const before = requests.at(-1)?.id
      const page = await client.requests(before === undefined ? {} : { before })
      requests.push(...page)
      if (page.length === 0) break
    }
    const isOver = requests.every(
      ({ state, settlement }) => !OPEN.includes(state) && settlement?.isDone !== false,
    )
    if (isOver || systemClock.monotonic() > overMs) return requests
    await systemClock.sleep(POLL_MS)
  }
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
