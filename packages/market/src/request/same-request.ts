import { isDeepStrictEqual } from 'node:util'
import type { PartyId } from '@shardline/identity'
import type { MarketContext } from '../context.ts'
import { RequestExistsError } from '../errors.ts'
import type { OpenInit } from './inputs.ts'
import type { RequestRow } from './request-row.ts'

/** Who opens what. */
export interface Opening {
  readonly who: PartyId
  readonly init: OpenInit
}

/** The filters as `market.requests.filters` holds them. */
export function writeFilters({ filters = {} }: OpenInit): string {
  return JSON.stringify(filters)
}

/**
 * Holds that a row is what an opening would have written: then it was sent before. A bound on the price isn't kept, because
 * the price is locked by now.
 *
 * @throws RequestExistsError unless the row is what this call would write.
 */
export function sameRequest(context: MarketContext, row: RequestRow, { who, init }: Opening): RequestRow {
  const maxTimeMs = init.maxTimeMs ?? context.settings.requestMsDefault
  const fields: readonly (readonly [string, boolean])[] = [
    ['user', row.payer === who],
    ['model', row.model === init.model],
    ['driver', row.driver === init.driver],
    ['prompt tokens', row.prompt_tokens_max === init.promptTokensMax],
    ['output tokens', row.output_tokens_max === init.outputTokensMax],
    ['priority', row.priority === (init.priority ?? 0)],
    ['max time', row.deadline_ms - row.created_at_ms === BigInt(maxTimeMs)],
    ['filters', isDeepStrictEqual(row.filters, JSON.parse(writeFilters(init)))],
    ['prompt commitment', row.prompt_commitment === (init.promptCommitment ?? null)],
  ]
  const other = fields.find(([, isSame]) => !isSame)
  if (other !== undefined) throw new RequestExistsError(init.id, other[0])
  return row
}
