import { partyId } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import { MarketSettingError } from './errors.ts'
import { DEFAULT_HTTP_SETTINGS } from './http/http-settings.ts'
import type { HttpSettings } from './http/http-settings.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { MarketSettings } from './settings.ts'

/** Settings of a market and of its HTTP service. */
export interface ReadSettings {
  readonly market: Partial<MarketSettings>
  readonly http: Partial<HttpSettings>
}

const DEFAULTS: Readonly<Record<string, unknown>> = { ...DEFAULT_SETTINGS, ...DEFAULT_HTTP_SETTINGS }
/** One and a half of it still fits a timer. */
const NUMBER_MAX = 1_000_000_000
const BASIS_POINTS_MAX = 10_000
const LIST_ITEMS_MAX = 1_000
const SPLITS = ['equal', 'by_layers'] as const
/** Rates may lie below one a second. */
const FRACTIONS: readonly string[] = [
  'addressRequestsPerSecondMax',
  'partyRequestsPerSecondMax',
  'rateBurstSecondsMax',
]

/** Names of all settings. */
export const SETTING_NAMES: readonly string[] = Object.keys(DEFAULTS).toSorted()

/**
 * Reads settings that came from a file or a command line: an object of names and values. Whole numbers may be given as
 * text, large ones must be.
 *
 * @throws MarketSettingError if a name isn't known or a value isn't what it takes.
 */
export function readSettings(given: unknown): ReadSettings {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new MarketSettingError('settings', given, 'an object of names and values')
  }
  const market: Record<string, unknown> = {}
  const http: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const target = name in DEFAULT_SETTINGS ? market : http
    target[name] = readSetting(name, value)
  }
  return { market, http }
}

function readSetting(name: string, value: unknown): unknown {
  if (!SETTING_NAMES.includes(name)) {
    throw new MarketSettingError(name, value, `one of ${SETTING_NAMES.join(', ')}`)
  }
  if (name === 'operators') return readOperators(value)
  if (name === 'workerSplit') return readSplit(value)
  const standard = DEFAULTS[name]
  if (Array.isArray(standard)) return readList(name, value)
  if (typeof standard === 'bigint') return readBigint(name, value)
  return readNumber(name, value)
}

function readNumber(name: string, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  const max = name.endsWith('Bps') ? BASIS_POINTS_MAX : NUMBER_MAX
  // Fees may be nothing; a limit of nothing would let nothing through.
  const min = name.endsWith('Bps') ? 0 : 1
  if (FRACTIONS.includes(name)) {
    if (typeof number === 'number' && number > 0 && number <= max) return number
    throw new MarketSettingError(name, value, `a number above 0, and at most ${max}`)
  }
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number
  throw new MarketSettingError(name, value, `a whole number from ${min} to ${max}`)
}

function readBigint(name: string, value: unknown): bigint {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text === 'string' && /^\d{1,18}$/.test(text)) return BigInt(text)
  throw new MarketSettingError(
    name,
    value,
    'a whole number from 0 on, as text where it has more than 15 digits',
  )
}

function readList(name: string, value: unknown): readonly string[] {
  const list: unknown = typeof value === 'string' ? value.split(',') : value
  if (Array.isArray(list) && list.length <= LIST_ITEMS_MAX && list.every(isText)) return list
  throw new MarketSettingError(name, value, `a list of at most ${LIST_ITEMS_MAX} texts`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** @throws PartyIdInvalidError if one is no id. */
function readOperators(value: unknown): readonly PartyId[] {
  return readList('operators', value).map((id) => partyId(id))
}

function readSplit(value: unknown): MarketSettings['workerSplit'] {
  const split = SPLITS.find((known) => known === value)
  if (split !== undefined) return split
  throw new MarketSettingError('workerSplit', value, `one of ${SPLITS.join(', ')}`)
}
