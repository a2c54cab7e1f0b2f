import { connectMarket } from '@shardline/client'
import type { MarketRequest } from '@shardline/client'
import { systemClock, systemRandom } from '@shardline/core'
import type { ChaosMarket, ChaosNode } from './chaos-cluster.ts'
import type { Answered } from './chaos-load.ts'

const OPEN = ['QUOTED', 'PENDING', 'CLAIMED', 'RUNNING', 'DELIVERED']
/** Leases, acknowledgements and deadlines run out within this. */
const SETTLED_MS_MAX = 90_000
const POLL_MS = 250

/** What is known of the money when all answers are over. */
export interface Audit {
  /** What is wrong; nothing, if all is well. */
  readonly wrong: readonly string[]
  readonly requests: readonly MarketRequest[]
  /** Microcredits. */
  readonly billed: bigint
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
  const wrong = requests.flatMap(checkRequest)
  const byId = new Map(requests.map((request) => [request.id, request]))
  for (const { ask, tokens } of answers) {
    if (ask === undefined) continue
    const request = byId.get(ask)
    const counted = [request?.delivered.output, request?.acknowledged.output]
    if (request?.state === 'COMPLETED' && counted.every((count) => count === tokens)) continue
    wrong.push(`${ask} gave ${tokens} tokens and is ${request?.state}, counted as ${counted.join(' and ')}`)
  }
  const settlements = requests.flatMap(({ settlement }) => settlement ?? [])
  const billed = sum(settlements.map((settlement) => settlement.billed))
  const { available, held } = await market.client.balance()
  if (held !== 0n) wrong.push(`${held} of the user are still held`)
  if (available !== market.deposited - billed) {
    wrong.push(`the user has ${available} of ${market.deposited} after ${billed} were billed`)
  }
  for (const { identity, process } of nodes) {
    const payouts = settlements.flatMap((settlement) => settlement.payouts)
    const earned = sum(payouts.filter(({ node }) => node === identity.id).map(({ amount }) => amount))
    const own = connectMarket({
      url: market.process.address,
      identity,
      clock: systemClock,
      random: systemRandom,
    })
    const balance = await own.balance()
    if (balance.available !== earned)
      wrong.push(`${process.name} has ${balance.available}, and earned ${earned}`)
  }
  return { wrong, requests, billed }
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
