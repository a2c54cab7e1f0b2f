import type { PartyId } from '@shardline/identity'
import {
  ACKNOWLEDGE_MS_MAX,
  ATTEMPTS_MAX,
  CANCEL_FEE_BPS,
  CAPACITY_MS_MAX,
  CLAIM_LEASE_MS,
  DRIVER_KEY_INTERVAL_MS,
  FEE_BPS,
  FEEDBACK_FEE,
  FEEDBACK_MS_MAX,
  HOLD_GRACE_MS,
  MODELS_MAX,
  NODE_MS_MAX,
  OPEN_REQUESTS_PER_USER_MAX,
  OUTAGE_GRACE_MS,
  OUTPUT_TOKENS_MAX,
  PAGE_ITEMS_MAX,
  PROMPT_TOKENS_MAX,
  QUOTED_MS_MAX,
  REQUEST_MS_DEFAULT,
  REQUEST_MS_MAX,
  SEALED_PROMPT_BYTES_MAX,
  SHOWN_WINDOW_MS,
  SWEEP_BATCH_MAX,
  UNPROVEN_TOKENS_PER_SECOND_MAX,
  WORKERS_PER_REQUEST_MAX,
} from './limits.ts'

/** Everything about a market that its operator may set. All replicas of one market need the same. */
export interface MarketSettings {
  /** Parties that may add models and deposit credits. @default none */
  readonly operators: readonly PartyId[]
  /** How the workers' part is divided. @default 'equal' */
  readonly workerSplit: 'equal' | 'by_layers'
  readonly feeBps: number
  readonly cancelFeeBps: number
  readonly feedbackFee: bigint
  readonly claimLeaseMs: number
  readonly requestMsDefault: number
  readonly requestMsMax: number
  readonly attemptsMax: number
  readonly quotedMsMax: number
  readonly acknowledgeMsMax: number
  readonly holdGraceMs: number
  readonly outageGraceMs: number
  readonly capacityMsMax: number
  readonly nodeMsMax: number
  readonly unprovenTokensPerSecondMax: number
  readonly shownWindowMs: number
  readonly feedbackMsMax: number
  readonly sealedPromptBytesMax: number
  readonly promptTokensMax: number
  readonly outputTokensMax: number
  readonly openRequestsPerUserMax: number
  readonly workersPerRequestMax: number
  readonly sweepBatchMax: number
  readonly pageItemsMax: number
  readonly modelsMax: number
  readonly driverKeyIntervalMs: number
}

/** The settings of a market whose operator sets none. */
export const DEFAULT_SETTINGS: MarketSettings = {
  operators: [],
  workerSplit: 'equal',
  feeBps: FEE_BPS,
  cancelFeeBps: CANCEL_FEE_BPS,
  feedbackFee: FEEDBACK_FEE,
  claimLeaseMs: CLAIM_LEASE_MS,
  requestMsDefault: REQUEST_MS_DEFAULT,
  requestMsMax: REQUEST_MS_MAX,
  attemptsMax: ATTEMPTS_MAX,
  quotedMsMax: QUOTED_MS_MAX,
  acknowledgeMsMax: ACKNOWLEDGE_MS_MAX,
  holdGraceMs: HOLD_GRACE_MS,
  outageGraceMs: OUTAGE_GRACE_MS,
  capacityMsMax: CAPACITY_MS_MAX,
  nodeMsMax: NODE_MS_MAX,
  unprovenTokensPerSecondMax: UNPROVEN_TOKENS_PER_SECOND_MAX,
  shownWindowMs: SHOWN_WINDOW_MS,
  feedbackMsMax: FEEDBACK_MS_MAX,
  sealedPromptBytesMax: SEALED_PROMPT_BYTES_MAX,
  promptTokensMax: PROMPT_TOKENS_MAX,
  outputTokensMax: OUTPUT_TOKENS_MAX,
  openRequestsPerUserMax: OPEN_REQUESTS_PER_USER_MAX,
  workersPerRequestMax: WORKERS_PER_REQUEST_MAX,
  sweepBatchMax: SWEEP_BATCH_MAX,
  pageItemsMax: PAGE_ITEMS_MAX,
  modelsMax: MODELS_MAX,
  driverKeyIntervalMs: DRIVER_KEY_INTERVAL_MS,
}
