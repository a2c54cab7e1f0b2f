import type { Branded } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import { derivedId } from '@shardline/ledger'
import type { AccountId, TransferId } from '@shardline/ledger'
import { MarketInputError } from './errors.ts'

/** Names a request: a UUID in lower case, chosen by the user, so that what is sent twice happens once. */
export type RequestId = Branded<string, 'RequestId'>
/** Names a model on the market, such as `smollm2-135m/q4`. Everyone who uses the same id must mean the same weights. */
export type ModelId = Branded<string, 'ModelId'>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** What a model id looks like; short, and without room for prose. */
export const MODEL_ID_PATTERN = '^[a-z0-9][a-z0-9._-]{0,63}(/[a-z0-9][a-z0-9._-]{0,63})?$'

/** @throws MarketInputError if `text` is no UUID in lower case. */
export function requestId(text: string): RequestId {
  if (UUID.test(text)) return text as RequestId
  throw new MarketInputError('request id', text, 'a UUID in lower case')
}

/** @throws MarketInputError if `text` is no model id. */
export function modelId(text: string): ModelId {
  if (new RegExp(MODEL_ID_PATTERN).test(text)) return text as ModelId
  throw new MarketInputError('model id', text, `text that matches ${MODEL_ID_PATTERN}`)
}

const accountOf = (name: string): AccountId => derivedId(`market/account/${name}`) as string as AccountId

/** The account of a user or node. */
export function partyAccount(party: PartyId): AccountId {
  return accountOf(`party/${party}`)
}

/** Accounts of the market itself. `mint` is where deposits come from: its debt is what all others own. */
export const MARKET_ACCOUNTS: Readonly<Record<'mint' | 'escrow' | 'fee', AccountId>> = {
  mint: accountOf('mint'),
  escrow: accountOf('escrow'),
  fee: accountOf('fee'),
}

/** What a transfer of a request is for. */
export type Leg = 'hold' | 'void' | 'post' | 'fee' | `pay/${string}` | `feedback/${string}`

/** The id of a request's transfer: always the same, so that whoever repeats the work after a crash can't do it twice. */
export function legId(request: RequestId, leg: Leg): TransferId {
  return derivedId(`market/${request}/${leg}`)
}
