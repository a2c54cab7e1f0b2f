import { GatewaySettingError } from './gateway-errors.ts'
import * as limits from './gateway-limits.ts'

/** Everything about a gateway that its operator may set. */
export interface GatewaySettings {
  /** What clients send as `Authorization: Bearer …`; required unless only this machine can reach the gateway. @default none */
  readonly accessKey: string | undefined
  /** Origins whose pages may use the gateway from a browser, such as `https://chat.example`. @default none */
  readonly allowedOrigins: readonly string[]
  /** Host names by which the gateway is reached, beside `localhost` and IP addresses. @default none */
  readonly allowedHosts: readonly string[]
  /** Further names of models: what programs ask for to the model that they get. @default none */
  readonly modelAliases: Readonly<Record<string, string>>
  readonly bodyBytesMax: number
  readonly bodiesBytesMax: number
  readonly headerBytesMax: number
  readonly urlCharsMax: number
  readonly jsonDepthMax: number
  readonly headersMsMax: number
  readonly requestMsMax: number
  readonly keepAliveMs: number
  readonly answerMsMax: number
  readonly commentMs: number
  readonly readerMsMax: number
  readonly closeMsMax: number
  readonly socketsMax: number
  readonly socketsSilentMax: number
  readonly requestsMax: number
  readonly clientRequestsMax: number
  readonly clientRequestsPerSecondMax: number
  readonly rateBurstSecondsMax: number
  readonly clientsRememberedMax: number
  readonly retryAfterMs: number
  readonly responsesKeptMax: number
  readonly responsesKeptCharsMax: number
  readonly toolsMax: number
  readonly promptsMax: number
  readonly choicesMax: number
}

/** The settings of a gateway whose operator sets none. */
export const DEFAULT_GATEWAY_SETTINGS: GatewaySettings = Object.freeze({
  accessKey: undefined,
  allowedOrigins: [],
  allowedHosts: [],
  modelAliases: {},
  bodyBytesMax: limits.GATEWAY_BODY_BYTES_MAX,
  bodiesBytesMax: limits.GATEWAY_BODIES_BYTES_MAX,
  headerBytesMax: limits.GATEWAY_HEADER_BYTES_MAX,
  urlCharsMax: limits.GATEWAY_URL_CHARS_MAX,
  jsonDepthMax: limits.GATEWAY_JSON_DEPTH_MAX,
  headersMsMax: limits.GATEWAY_HEADERS_MS_MAX,
  requestMsMax: limits.GATEWAY_REQUEST_MS_MAX,
  keepAliveMs: limits.GATEWAY_KEEP_ALIVE_MS,
  answerMsMax: limits.GATEWAY_ANSWER_MS_MAX,
  commentMs: limits.GATEWAY_COMMENT_MS,
  readerMsMax: limits.GATEWAY_READER_MS_MAX,
  closeMsMax: limits.GATEWAY_CLOSE_MS_MAX,
  socketsMax: limits.GATEWAY_SOCKETS_MAX,
  socketsSilentMax: limits.GATEWAY_SOCKETS_SILENT_MAX,
  requestsMax: limits.GATEWAY_REQUESTS_MAX,
  clientRequestsMax: limits.GATEWAY_CLIENT_REQUESTS_MAX,
  clientRequestsPerSecondMax: limits.GATEWAY_CLIENT_REQUESTS_PER_SECOND_MAX,
  rateBurstSecondsMax: limits.GATEWAY_RATE_BURST_SECONDS_MAX,
  clientsRememberedMax: limits.GATEWAY_CLIENTS_REMEMBERED_MAX,
  retryAfterMs: limits.GATEWAY_RETRY_AFTER_MS,
  responsesKeptMax: limits.GATEWAY_RESPONSES_KEPT_MAX,
  responsesKeptCharsMax: limits.GATEWAY_RESPONSES_KEPT_CHARS_MAX,
  toolsMax: limits.GATEWAY_TOOLS_MAX,
  promptsMax: limits.GATEWAY_PROMPTS_MAX,
  choicesMax: limits.GATEWAY_CHOICES_MAX,
})

/** Timers of Node have 31 bits. */
const SETTING_MAX = 2 ** 31 - 1

/**
 * Fills in what isn't set; an explicit undefined counts as not set.
 *
 * @throws GatewaySettingError if a limit is no whole number from 1, or the access key is short or can't stand in a header.
 */
export function gatewaySettings(given: Partial<GatewaySettings>): GatewaySettings {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const settings: GatewaySettings = { ...DEFAULT_GATEWAY_SETTINGS, ...set }
  for (const [name, value] of Object.entries(settings) as readonly [string, unknown][]) {
    if (typeof value !== 'number') continue
    const least = name.startsWith('responsesKept') ? 0 : 1
    if (!Number.isInteger(value) || value < least || value > SETTING_MAX) {
      throw new GatewaySettingError(name, `a whole number from ${least} to ${SETTING_MAX}; it is ${value}`)
    }
  }
  checkKey(settings.accessKey)
  return Object.freeze(settings)
}

function checkKey(key: string | undefined): void {
  if (key === undefined) return
  if (key.length >= limits.GATEWAY_ACCESS_KEY_CHARS_MIN && /^[\x21-\x7e]+$/.test(key)) return
  throw new GatewaySettingError(
    'accessKey',
    `at least ${limits.GATEWAY_ACCESS_KEY_CHARS_MIN} visible ASCII characters without spaces`,
  )
}

/** Settings that are numbers: all limits. */
export type GatewayLimits = {
  readonly [Name in keyof GatewaySettings as GatewaySettings[Name] extends number ? Name : never]: number
}

/**
 * Reads limits that were written as text, such as `requestsMax=64` on a command line.
 *
 * @throws GatewaySettingError if there's no such limit, or the value is no number.
 */
export function readGatewayLimits(given: readonly (readonly [string, string])[]): Partial<GatewayLimits> {
  const entries = given.map(([name, text]) => {
    const isKnown =
      Object.hasOwn(DEFAULT_GATEWAY_SETTINGS, name) &&
      typeof DEFAULT_GATEWAY_SETTINGS[name as keyof GatewaySettings] === 'number'
    if (!isKnown)
      throw new GatewaySettingError(name.slice(0, 80), 'one that exists; docs/reference/limits.md lists them')
    if (!/^\d{1,10}$/.test(text))
      throw new GatewaySettingError(name, `a whole number; it is ${text.slice(0, 40)}`)
    return [name, Number(text)] as const
  })
  return Object.fromEntries(entries)
}
