import type { Milliseconds } from '@shardline/core'
import { PipelineSettingInvalidError } from '../errors.ts'
import { SESSIONS_MAX } from '../limits.ts'
import * as limits from './service-limits.ts'

/** Limits of a service that can be set. */
export interface ServiceLimits {
  /** Answers that run at the same time; at most as many as the pipelines have sessions. @default SESSIONS_MAX */
  readonly answersRunningMax?: number
  /** @default ANSWERS_RUNNING_PER_FREE_MAX */
  readonly answersRunningPerFreeMax?: number
  /** @default ANSWERS_OPEN_MAX */
  readonly answersOpenMax?: number
  /** @default ANSWERS_PER_NETWORK_MAX */
  readonly answersPerNetworkMax?: number
  /** @default ANSWERS_PER_IDENTITY_MAX */
  readonly answersPerIdentityMax?: number
  /** @default ANSWERS_PER_LINK_MAX */
  readonly answersPerLinkMax?: number
  /** @default ASK_BYTES_MAX */
  readonly askBytesMax?: number
  /** @default ANSWER_TOKENS_MAX */
  readonly answerTokensMax?: number
  /** @default ASK_EXPIRY_MS_MAX */
  readonly askExpiryMsMax?: Milliseconds
  /** @default ASK_IDS_MAX */
  readonly askIdsMax?: number
  /** @default ASK_IDS_PER_IDENTITY_MAX */
  readonly askIdsPerIdentityMax?: number
  /** @default ANSWER_PENDING_BYTES_MAX */
  readonly answerPendingBytesMax?: number
  /** @default ANSWER_MESSAGE_BYTES */
  readonly answerMessageBytes?: number
  /** @default CLIENT_SEND_MS_MAX */
  readonly clientSendMsMax?: Milliseconds
  /** @default SERVICE_STOP_MS_MAX */
  readonly stopMsMax?: Milliseconds
  /** @default PIPELINE_RETRY_MS_MIN */
  readonly pipelineRetryMsMin?: Milliseconds
  /** @default PIPELINE_RETRY_MS_MAX */
  readonly pipelineRetryMsMax?: Milliseconds
  /** @default CLAIM_MS_MAX */
  readonly claimMsMax?: Milliseconds
  /** @default PAID_PROGRESS_MS */
  readonly paidProgressMs?: Milliseconds
  /** @default RECEIPT_INTERVAL_ROWS */
  readonly receiptIntervalRows?: number
  /** @default SETTLE_WAIT_MS_MAX */
  readonly settleWaitMsMax?: Milliseconds
  /** @default DELIVERY_RETRY_MS_MIN */
  readonly deliveryRetryMsMin?: Milliseconds
  /** @default DELIVERY_RETRY_MS_MAX */
  readonly deliveryRetryMsMax?: Milliseconds
  /** @default DELIVERY_GRACE_MS */
  readonly deliveryGraceMs?: Milliseconds
  /** @default DELIVERIES_PENDING_MAX */
  readonly deliveriesPendingMax?: number
  /** @default DELIVERY_STOP_MS_MAX */
  readonly deliveryStopMsMax?: Milliseconds
}

/** {@link ServiceLimits} with every default filled in. */
export type ServiceSettings = Required<ServiceLimits>

const DEFAULTS: ServiceSettings = Object.freeze({
  answersRunningMax: SESSIONS_MAX,
  answersRunningPerFreeMax: limits.ANSWERS_RUNNING_PER_FREE_MAX,
  answersOpenMax: limits.ANSWERS_OPEN_MAX,
  answersPerNetworkMax: limits.ANSWERS_PER_NETWORK_MAX,
  answersPerIdentityMax: limits.ANSWERS_PER_IDENTITY_MAX,
  answersPerLinkMax: limits.ANSWERS_PER_LINK_MAX,
  askBytesMax: limits.ASK_BYTES_MAX,
  answerTokensMax: limits.ANSWER_TOKENS_MAX,
  askExpiryMsMax: limits.ASK_EXPIRY_MS_MAX,
  askIdsMax: limits.ASK_IDS_MAX,
  askIdsPerIdentityMax: limits.ASK_IDS_PER_IDENTITY_MAX,
  answerPendingBytesMax: limits.ANSWER_PENDING_BYTES_MAX,
  answerMessageBytes: limits.ANSWER_MESSAGE_BYTES,
  clientSendMsMax: limits.CLIENT_SEND_MS_MAX,
  stopMsMax: limits.SERVICE_STOP_MS_MAX,
  pipelineRetryMsMin: limits.PIPELINE_RETRY_MS_MIN,
  pipelineRetryMsMax: limits.PIPELINE_RETRY_MS_MAX,
  claimMsMax: limits.CLAIM_MS_MAX,
  paidProgressMs: limits.PAID_PROGRESS_MS,
  receiptIntervalRows: limits.RECEIPT_INTERVAL_ROWS,
  settleWaitMsMax: limits.SETTLE_WAIT_MS_MAX,
  deliveryRetryMsMin: limits.DELIVERY_RETRY_MS_MIN,
  deliveryRetryMsMax: limits.DELIVERY_RETRY_MS_MAX,
  deliveryGraceMs: limits.DELIVERY_GRACE_MS,
  deliveriesPendingMax: limits.DELIVERIES_PENDING_MAX,
  deliveryStopMsMax: limits.DELIVERY_STOP_MS_MAX,
})

/**
 * Fills in the defaults and checks what was given.
 *
 * @throws PipelineSettingInvalidError if a value is no whole number from 1 on.
 */
export function resolveServiceSettings(given: ServiceLimits = {}): ServiceSettings {
  const settings: Record<keyof ServiceSettings, number> = { ...DEFAULTS }
  for (const name of Object.keys(DEFAULTS) as (keyof ServiceSettings)[]) {
    const value = given[name] ?? DEFAULTS[name]
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new PipelineSettingInvalidError(`${name} is ${value}; it takes a whole number from 1 on`)
    }
    settings[name] = value
  }
  return Object.freeze(settings)
}
