import {
  ADDRESS_REQUESTS_PER_SECOND_MAX,
  EVENTS_WAITING_MAX,
  EVENT_BUFFER_BYTES_MAX,
  EVENT_PING_MS,
  EVENT_SUBSCRIBERS_MAX,
  HTTP_BODY_BYTES_MAX,
  HTTP_CLOSE_MS_MAX,
  HTTP_HEADERS_MS_MAX,
  HTTP_HEADER_BYTES_MAX,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_MS_MAX,
  HTTP_SOCKETS_MAX,
  HTTP_URL_CHARS_MAX,
  JSON_DEPTH_MAX,
  PARTY_REQUESTS_PER_SECOND_MAX,
  RATE_BURST_SECONDS_MAX,
  RATE_ENTRIES_MAX,
  READY_MS_MAX,
  SWEEP_INTERVAL_MS,
  SWEEP_LATE_MS_MAX,
} from '../limits.ts'

/** Everything about the HTTP service that its operator may set. Replicas may differ. */
export interface HttpSettings {
  /** Addresses or networks of the load balancers whose `X-Forwarded-For` is believed. @default none */
  readonly trustedProxies: readonly string[]
  /** Origins whose pages may call the market from a browser, or `*`. @default none */
  readonly allowedOrigins: readonly string[]
  readonly bodyBytesMax: number
  readonly headerBytesMax: number
  readonly urlCharsMax: number
  readonly headersMsMax: number
  readonly requestMsMax: number
  readonly keepAliveMs: number
  readonly closeMsMax: number
  readonly socketsMax: number
  readonly jsonDepthMax: number
  readonly addressRequestsPerSecondMax: number
  readonly partyRequestsPerSecondMax: number
  readonly rateBurstSecondsMax: number
  readonly rateEntriesMax: number
  readonly eventSubscribersMax: number
  readonly eventBufferBytesMax: number
  readonly eventsWaitingMax: number
  readonly eventPingMs: number
  readonly readyMsMax: number
  readonly sweepIntervalMs: number
  readonly sweepLateMsMax: number
}

/** The settings of a service whose operator sets none. */
export const DEFAULT_HTTP_SETTINGS: HttpSettings = {
  trustedProxies: [],
  allowedOrigins: [],
  bodyBytesMax: HTTP_BODY_BYTES_MAX,
  headerBytesMax: HTTP_HEADER_BYTES_MAX,
  urlCharsMax: HTTP_URL_CHARS_MAX,
  headersMsMax: HTTP_HEADERS_MS_MAX,
  requestMsMax: HTTP_REQUEST_MS_MAX,
  keepAliveMs: HTTP_KEEP_ALIVE_MS,
  closeMsMax: HTTP_CLOSE_MS_MAX,
  socketsMax: HTTP_SOCKETS_MAX,
  jsonDepthMax: JSON_DEPTH_MAX,
  addressRequestsPerSecondMax: ADDRESS_REQUESTS_PER_SECOND_MAX,
  partyRequestsPerSecondMax: PARTY_REQUESTS_PER_SECOND_MAX,
  rateBurstSecondsMax: RATE_BURST_SECONDS_MAX,
  rateEntriesMax: RATE_ENTRIES_MAX,
  eventSubscribersMax: EVENT_SUBSCRIBERS_MAX,
  eventBufferBytesMax: EVENT_BUFFER_BYTES_MAX,
  eventsWaitingMax: EVENTS_WAITING_MAX,
  eventPingMs: EVENT_PING_MS,
  readyMsMax: READY_MS_MAX,
  sweepIntervalMs: SWEEP_INTERVAL_MS,
  sweepLateMsMax: SWEEP_LATE_MS_MAX,
}

/** Fills in what isn't set; an explicit undefined counts as not set. */
export function httpSettings(given: Partial<HttpSettings>): HttpSettings {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return Object.freeze({ ...DEFAULT_HTTP_SETTINGS, ...set })
}
