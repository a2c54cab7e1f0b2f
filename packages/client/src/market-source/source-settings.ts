import { InvalidValueError } from '@shardline/core'
import type { Milliseconds } from '@shardline/core'
import { ANSWER_BUFFER_BYTES_MAX } from '../limits.ts'
import * as limits from './source-limits.ts'

/** Limits of a {@link MarketAnswerSource} that can be set. */
export interface MarketSourceLimits {
  /** @default DRIVER_ATTEMPTS_MAX */
  readonly driverAttemptsMax?: number
  /** @default OUTPUT_TOKENS_DEFAULT */
  readonly outputTokensDefault?: number
  /** @default LISTINGS_FRESH_MS */
  readonly listingsFreshMs?: Milliseconds
  /** @default DRIVER_FAILED_MS */
  readonly driverFailedMs?: Milliseconds
  /** @default LATENCY_FRESH_MS */
  readonly latencyFreshMs?: Milliseconds
  /** @default LATENCY_HALF_MS */
  readonly latencyHalfMs?: Milliseconds
  /** @default DRIVER_LINKS_MAX */
  readonly driverLinksMax?: number
  /** @default ACKNOWLEDGE_INTERVAL_MS */
  readonly acknowledgeIntervalMs?: Milliseconds
  /** @default BILL_MS_MAX */
  readonly billMsMax?: Milliseconds
  /** @default ACKNOWLEDGE_RETRY_MS_MAX */
  readonly acknowledgeRetryMsMax?: Milliseconds
  /** @default SOURCE_CLOSE_MS_MAX */
  readonly sourceCloseMsMax?: Milliseconds
  /** @default REQUEST_POLL_MS */
  readonly requestPollMs?: Milliseconds
  /** @default REQUEST_POLL_MS_MAX */
  readonly requestPollMsMax?: Milliseconds
  /** @default TEMPLATE_TOKENS_PER_MESSAGE_MAX */
  readonly templateTokensPerMessageMax?: number
  /** @default TEMPLATE_TOKENS_MAX */
  readonly templateTokensMax?: number
  /** @default TEMPLATE_TOOL_TOKENS_MAX */
  readonly templateToolTokensMax?: number
  /** @default ANSWER_BUFFER_BYTES_MAX */
  readonly answerBufferBytesMax?: number
}

/** {@link MarketSourceLimits} with every default filled in. */
export type MarketSourceSettings = Required<MarketSourceLimits>

const DEFAULTS: MarketSourceSettings = Object.freeze({
  driverAttemptsMax: limits.DRIVER_ATTEMPTS_MAX,
  outputTokensDefault: limits.OUTPUT_TOKENS_DEFAULT,
  listingsFreshMs: limits.LISTINGS_FRESH_MS,
  driverFailedMs: limits.DRIVER_FAILED_MS,
  latencyFreshMs: limits.LATENCY_FRESH_MS,
  latencyHalfMs: limits.LATENCY_HALF_MS,
  driverLinksMax: limits.DRIVER_LINKS_MAX,
  acknowledgeIntervalMs: limits.ACKNOWLEDGE_INTERVAL_MS,
  billMsMax: limits.BILL_MS_MAX,
  acknowledgeRetryMsMax: limits.ACKNOWLEDGE_RETRY_MS_MAX,
  sourceCloseMsMax: limits.SOURCE_CLOSE_MS_MAX,
  requestPollMs: limits.REQUEST_POLL_MS,
  requestPollMsMax: limits.REQUEST_POLL_MS_MAX,
  templateTokensPerMessageMax: limits.TEMPLATE_TOKENS_PER_MESSAGE_MAX,
  templateTokensMax: limits.TEMPLATE_TOKENS_MAX,
  templateToolTokensMax: limits.TEMPLATE_TOOL_TOKENS_MAX,
  answerBufferBytesMax: ANSWER_BUFFER_BYTES_MAX,
})

/**
 * Fills in the defaults and checks what was given.
 *
 * @throws InvalidValueError if a value is no whole number from 1 on.
 */
export function resolveSourceSettings(given: MarketSourceLimits = {}): MarketSourceSettings {
  const settings: Record<keyof MarketSourceSettings, number> = { ...DEFAULTS }
  for (const name of Object.keys(DEFAULTS) as (keyof MarketSourceSettings)[]) {
    const value = given[name] ?? DEFAULTS[name]
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidValueError(`limits.${name} is ${value}; it takes a whole number from 1 on`)
    }
    settings[name] = value
  }
  return Object.freeze(settings)
}
