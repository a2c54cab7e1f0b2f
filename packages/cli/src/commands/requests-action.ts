import type { MarketRequest } from '@shardline/client'
import { formatCredits } from '../ledger/format-money.ts'
import { formatCount, formatTable } from '../console/format.ts'
import { openIdentity } from '../keys/open-identity.ts'
import { formatTimeNs } from '../ledger/format-time.ts'
import { openMarketClient } from '../market/open-market-client.ts'
import type { KeyOption } from '../options/key-option.ts'
import type { MarketOption } from '../options/market-option.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline requests`. */
export type RequestsOptions = KeyOption &
  MarketOption &
  Pick<OutputOptions, 'json'> & { readonly limit: number; readonly before: string | undefined }

const NS_PER_MS = 1_000_000n

/** Prints one request, or the newest. @throws what opening a key and asking a market throw. */
export async function runRequests(
  id: string | undefined,
  options: RequestsOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, interrupt } = context
  const { signal } = interrupt
  const identity = await openIdentity(options.key, context)
  const { client } = openMarketClient({ market: options.market, identity }, context)
  if (id !== undefined) {
    const request = await client.request(id, { signal })
    terminal.print(options.json === true ? toJson(requestToJson(request)) : describe(request))
    return
  }
  const { limit, before } = options
  const requests = await client.requests({ limit, signal, ...(before === undefined ? {} : { before }) })
  if (options.json === true) terminal.print(toJson({ requests: requests.map(requestToJson) }))
  else terminal.print(requests.length === 0 ? 'you have no requests on this market\n' : table(requests))
}

function table(requests: readonly MarketRequest[]): string {
  const rows = requests.map((request) => [
    request.id,
    request.state.toLowerCase(),
    request.model,
    time(request.createdAtMs),
    formatCount(request.delivered.output),
    formatCredits(request.settlement?.billed ?? request.hold),
    request.settlement === undefined ? 'held' : 'billed',
  ])
  return formatTable([['id', 'state', 'model', 'opened', 'tokens', 'credits', ''], ...rows])
}

function describe(request: MarketRequest): string {
  const { settlement, participants } = request
  const rows: (readonly string[])[] = [
    ['id', request.id],
    ['state', request.endReason === undefined ? request.state : `${request.state} (${request.endReason})`],
    ['model', request.model],
    ['driver', request.driver],
    ['opened', time(request.createdAtMs)],
    ['ends by', time(request.deadlineMs)],
    ['price', `${request.lockedPrice} microcredits per 1M tokens`],
    ['held', `${formatCredits(request.hold)} credits`],
    ['asked for', `${tokens(request.promptTokensMax)}, ${formatCount(request.outputTokensMax)} of answer`],
    ['delivered', counts(request.delivered)],
    ['acknowledged', counts(request.acknowledged)],
    ...(participants?.workers ?? []).map((part) => [
      'worker',
      `${part.node} layers ${part.first}-${part.last}`,
    ]),
    ...(participants === undefined ? [] : [['validator', participants.validator]]),
  ]
  if (settlement !== undefined) {
    rows.push(
      ['billed', `${formatCredits(settlement.billed)} credits${settlement.isDone ? '' : ', being settled'}`],
      ['given back', `${formatCredits(settlement.refund)} credits`],
      ['fee', `${formatCredits(settlement.fee)} credits`],
      ...settlement.payouts.map(({ node, amount }) => [
        'paid',
        `${formatCredits(amount)} credits to ${node}`,
      ]),
    )
  }
  return formatTable(rows)
}

const tokens = (count: number): string => `${formatCount(count)} tokens of prompt`
const counts = (of: MarketRequest['delivered']): string =>
  `${tokens(of.prompt)}, ${formatCount(of.output)} of answer`

function time(ms: number): string {
  return formatTimeNs(BigInt(Math.floor(ms)) * NS_PER_MS)
}

function requestToJson(request: MarketRequest): Readonly<Record<string, unknown>> {
  const { settlement, participants } = request
  return {
    id: request.id,
    state: request.state,
    end_reason: request.endReason ?? null,
    model: request.model,
    driver: request.driver,
    locked_price: request.lockedPrice,
    hold: String(request.hold),
    prompt_tokens_max: request.promptTokensMax,
    output_tokens_max: request.outputTokensMax,
    delivered: request.delivered,
    acknowledged: request.acknowledged,
    fence: request.fence,
    attempts: request.attempts,
    created_at_ms: request.createdAtMs,
    deadline_ms: request.deadlineMs,
    ended_at_ms: request.endedAtMs ?? null,
    participants: participants ?? null,
    settlement:
      settlement === undefined
        ? null
        : {
            is_done: settlement.isDone,
            billed: String(settlement.billed),
            fee: String(settlement.fee),
            refund: String(settlement.refund),
            payouts: settlement.payouts.map(({ node, amount }) => ({ node, amount: String(amount) })),
          },
  }
}

function toJson(value: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(value)}\n`
}
