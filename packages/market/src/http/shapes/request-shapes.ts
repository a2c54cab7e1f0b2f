import type { Request, Participants, Settlement } from '../../request/request.ts'
import type { ClaimedWork, GiveUpReason, HeldClaim } from '../../request/inputs.ts'
import type { EndReason } from '../../request/request.ts'
import type { RequestState } from '../../request/request-state.ts'
import { PAGE_ITEMS_MAX, WORKERS_PER_REQUEST_MAX } from '../../limits.ts'
import { LAYERS_MAX } from '@shardline/core'
import { Type } from '@sinclair/typebox'
import type { TArray, TObject, TUnsafe } from '@sinclair/typebox'
import {
  counter,
  decimalText,
  flag,
  modelIdText,
  partyIdText,
  requestIdText,
  timeMs,
  tokenCounts,
  tokensAsked,
  wholeText,
} from './parts.ts'
import { filtersShape } from './filters-shape.ts'
import { list, record, shape, text, whole, word } from './shape.ts'
import type { Shape } from './shape.ts'
import { signedMessageShape } from './signed-message-shape.ts'

const INTEGER_MAX = 2_147_483_647

const STATE_WORDS: Readonly<Record<RequestState, true>> = {
  QUOTED: true,
  PENDING: true,
  CLAIMED: true,
  RUNNING: true,
  DELIVERED: true,
  COMPLETED: true,
  FAILED: true,
  CANCELLED: true,
  EXPIRED: true,
  REFUSED: true,
}

const END_WORDS: Readonly<Record<EndReason, true>> = {
  settled: true,
  'insufficient-credits': true,
  'prompt-never-came': true,
  'cancelled-by-user': true,
  'nobody-claimed': true,
  'attempts-used-up': true,
  'deadline-passed': true,
  'proof-rejected': true,
  'nothing-acknowledged': true,
  'not-answered': true,
  'proof-lost': true,
}

const GIVE_UP_WORDS: Readonly<Record<GiveUpReason, true>> = { 'not-answered': true, 'proof-lost': true }

/** Why a driver gives a request up. */
export const giveUpWord: TUnsafe<GiveUpReason> = word(GIVE_UP_WORDS)

/** Who takes part in answering a request. */
export const participantsShape: Shape<Participants> = shape<Participants>()(
  record(
    {
      validator: partyIdText,
      workers: list(
        record({ node: partyIdText, first: whole(0, LAYERS_MAX), last: whole(0, LAYERS_MAX) }),
        WORKERS_PER_REQUEST_MAX,
        'in the order of their layers; both ends are included',
      ),
      layerCount: whole(1, LAYERS_MAX),
    },
    { title: 'Participants' },
  ),
)

const settlementShape: Shape<Settlement> = shape<Settlement>()(
  record(
    {
      isDone: flag,
      billed: wholeText,
      fee: wholeText,
      refund: wholeText,
      payouts: Type.Array(record({ node: partyIdText, amount: wholeText })),
    },
    { title: 'Settlement', description: 'microcredits; payouts + fee + refund = hold' },
  ),
)

/** A request as its parties see it. */
export const requestShape: Shape<Request> = shape<Request>()(
  record(
    {
      id: requestIdText,
      state: word(STATE_WORDS),
      model: modelIdText,
      user: partyIdText,
      driver: partyIdText,
      lockedPrice: Type.String({ description: 'microcredits per 1,000,000 tokens; never changes' }),
      hold: text('^[0-9]+$', 19, 'microcredits held in escrow'),
      promptTokensMax: tokensAsked,
      outputTokensMax: tokensAsked,
      priority: whole(0, 9, 'higher is served first'),
      fence: whole(0, INTEGER_MAX, 'grows with each claim; writes that name an older one are refused'),
      attempts: whole(0, INTEGER_MAX, 'claims so far'),
      delivered: tokenCounts,
      acknowledged: tokenCounts,
      participants: Type.Optional(participantsShape),
      endReason: Type.Optional(word(END_WORDS)),
      settlement: Type.Optional(settlementShape),
      createdAtMs: timeMs,
      deadlineMs: timeMs,
      leaseUntilMs: Type.Optional(timeMs),
      endedAtMs: Type.Optional(timeMs),
    },
    { title: 'Request' },
  ),
)

/** A page of requests. */
export interface RequestList {
  readonly requests: readonly Request[]
}

/** A page of requests, newest first. */
export const requestListShape: Shape<RequestList> = shape<RequestList>()(
  record({ requests: list(requestShape, PAGE_ITEMS_MAX) }),
)

/** Receipts of all who took part in a request: one of each worker's part, one of the driver and one of the validator. */
export const receiptsPerRequestMax: number = WORKERS_PER_REQUEST_MAX + 2

/** The receipts that were accepted for a request. */
export const receiptListShape: TObject<{ receipts: TArray<typeof signedMessageShape> }> = record({
  receipts: list(signedMessageShape, receiptsPerRequestMax, "everyone's signed receipts"),
})

/** What a driver has claimed, or nothing. */
export interface ClaimReply {
  readonly work: ClaimedWork | undefined
}

/** A page of claims that a driver holds. */
export interface ClaimList {
  readonly claims: readonly HeldClaim[]
}

/** Claims that a driver holds, the oldest first. */
export const claimListShape: Shape<ClaimList> = shape<ClaimList>()(
  record({
    claims: list(
      record(
        { id: requestIdText, model: modelIdText, fence: counter, leaseUntilMs: timeMs },
        { title: 'HeldClaim' },
      ),
      PAGE_ITEMS_MAX,
    ),
  }),
)

/** Work for a driver; without `work` there's none. */
export const claimReplyShape: Shape<ClaimReply> = shape<ClaimReply>()(
  record({
    work: Type.Optional(
      record(
        {
          id: requestIdText,
          model: modelIdText,
          user: partyIdText,
          fence: counter,
          leaseUntilMs: timeMs,
          deadlineMs: timeMs,
          lockedPrice: decimalText,
          hold: wholeText,
          promptTokensMax: tokensAsked,
          outputTokensMax: tokensAsked,
          filters: filtersShape,
          sealedPrompt: Type.String({ description: 'ciphertext in base64' }),
        },
        { title: 'ClaimedWork' },
      ),
    ),
  }),
)
