import { homedir } from 'node:os'
import { join } from 'node:path'
import type { LogLevel } from '@shardline/core'
import { ConfigInvalidError } from './errors.ts'

/** Whether output is coloured: `auto` means where it goes to a terminal. */
export type ColourChoice = 'auto' | 'always' | 'never'

/** What the environment says. The only place that reads environment variables. */
export interface Config {
  /** Where downloads and packed shards are kept (`SHARDLINE_CACHE`). */
  readonly cacheFolder: string
  /** Where data is kept that can't be fetched again (`SHARDLINE_DATA`). */
  readonly dataFolder: string
  /** Where the ledger and the market are (`SHARDLINE_DATABASE`): a postgres:// address, or a folder. */
  readonly database: string
  /** The market that commands ask (`SHARDLINE_MARKET`): an http or https address. */
  readonly market: string
  /** Where the keys are that say who the user is (`SHARDLINE_KEYS`). */
  readonly keyFolder: string
  /** What protects these keys (`SHARDLINE_PASSPHRASE`); undefined: it is asked for. */
  readonly passphrase: string | undefined
  /** Whom `shardline ask` asks (`SHARDLINE_INVITE`). */
  readonly invite: string | undefined
  /** Where models that aren't local come from. */
  readonly hub: HubConfig
  /** Whether the process that started this one gives it its key over their channel (`SHARDLINE_KEY_GIVEN`). @default false */
  readonly isKeyGiven: boolean
  /** Lines of the structured log that go to standard error (`SHARDLINE_LOG`). @default 'silent' */
  readonly logLevel: LogLevel
  /** Collector that a driver sends its traces to (`OTEL_EXPORTER_OTLP_ENDPOINT`): an http or https address. */
  readonly traceEndpoint: string | undefined
  /** `NO_COLOR`, `FORCE_COLOR`. */
  readonly colour: ColourChoice
  /** Whether the terminal can't move its cursor (`TERM=dumb`): then no progress bars. */
  readonly isDumbTerminal: boolean
}

/** Hub of model ids, named as the model package takes it. What isn't set is absent. */
export interface HubConfig {
  /** `HF_ENDPOINT`. */
  readonly hubEndpoint?: string
  /** `HF_TOKEN`. */
  readonly hubToken?: string
  /** Whether only what was downloaded before may be used (`HF_HUB_OFFLINE`). */
  readonly isOffline?: boolean
}

/** Where {@link readConfig} looks. */
export interface ConfigInit {
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** @default process.platform */
  readonly platform?: NodeJS.Platform
  /** @default the user's home folder */
  readonly home?: string
}

/** An address of each kind. */
const EXAMPLES: Readonly<Record<string, string>> = {
  HF_ENDPOINT: 'https://huggingface.co',
  SHARDLINE_MARKET: 'https://market.example',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
}

/** Where `shardline market` listens unless told otherwise. */
const MARKET_DEFAULT = 'http://127.0.0.1:7300'

const LOG_LEVELS: readonly LogLevel[] = ['silent', 'error', 'warn', 'info', 'debug', 'trace']

/**
 * Reads the configuration.
 *
 * @throws ConfigInvalidError if a variable holds a value that can't be used.
 */
export function readConfig(init: ConfigInit = {}): Config {
  const environment = init.environment ?? process.env
  const dataFolder = set(environment['SHARDLINE_DATA']) ?? join(dataHome(init), 'shardline')
  return Object.freeze({
    cacheFolder: set(environment['SHARDLINE_CACHE']) ?? join(cacheHome(init), 'shardline'),
    dataFolder,
    database: set(environment['SHARDLINE_DATABASE']) ?? join(dataFolder, 'database'),
    market: readAddress('SHARDLINE_MARKET', environment['SHARDLINE_MARKET']) ?? MARKET_DEFAULT,
    keyFolder: set(environment['SHARDLINE_KEYS']) ?? join(configHome(init), 'shardline', 'keys'),
    passphrase: set(environment['SHARDLINE_PASSPHRASE']),
    invite: set(environment['SHARDLINE_INVITE']),
    hub: readHub(environment),
    isKeyGiven: environment['SHARDLINE_KEY_GIVEN'] === '1',
    logLevel: readLogLevel(environment['SHARDLINE_LOG']),
    traceEndpoint: readAddress('OTEL_EXPORTER_OTLP_ENDPOINT', environment['OTEL_EXPORTER_OTLP_ENDPOINT']),
    colour: readColour(environment),
    isDumbTerminal: environment['TERM'] === 'dumb',
  })
}

/** An empty variable counts as none: that is how shells unset one for a single command. */
function set(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}

/** The platform's folder for caches: XDG on Linux, `Library/Caches` on macOS, `LOCALAPPDATA` on Windows. */
function cacheHome(init: ConfigInit): string {
  const environment = init.environment ?? process.env
  const home = init.home ?? homedir()
  const platform = init.platform ?? process.platform
  if (platform === 'darwin') return join(home, 'Library', 'Caches')
  if (platform === 'win32') return set(environment['LOCALAPPDATA']) ?? join(home, 'AppData', 'Local')
  return set(environment['XDG_CACHE_HOME']) ?? join(home, '.cache')
}

/** The platform's folder for data: XDG on Linux, `Library/Application Support` on macOS, `LOCALAPPDATA` on Windows. */
function dataHome(init: ConfigInit): string {
  const environment = init.environment ?? process.env
  const home = init.home ?? homedir()
  const platform = init.platform ?? process.platform
  if (platform === 'darwin') return join(home, 'Library', 'Application Support')
  if (platform === 'win32') return set(environment['LOCALAPPDATA']) ?? join(home, 'AppData', 'Local')
  return set(environment['XDG_DATA_HOME']) ?? join(home, '.local', 'share')
}

/** The platform's folder for settings: XDG on Linux, `Library/Application Support` on macOS, `APPDATA` on Windows. */
function configHome(init: ConfigInit): string {
  const environment = init.environment ?? process.env
  const home = init.home ?? homedir()
  const platform = init.platform ?? process.platform
  if (platform === 'darwin') return join(home, 'Library', 'Application Support')
  if (platform === 'win32') return set(environment['APPDATA']) ?? join(home, 'AppData', 'Roaming')
  return set(environment['XDG_CONFIG_HOME']) ?? join(home, '.config')
}

function readHub(environment: Readonly<Record<string, string | undefined>>): HubConfig {
  const hubEndpoint = readAddress('HF_ENDPOINT', environment['HF_ENDPOINT'])
  const hubToken = set(environment['HF_TOKEN'])
  const offline = set(environment['HF_HUB_OFFLINE'])
  return Object.freeze({
    ...(hubEndpoint === undefined ? {} : { hubEndpoint }),
    ...(hubToken === undefined ? {} : { hubToken }),
    isOffline: offline !== undefined && !['0', 'false', 'no', 'off'].includes(offline.toLowerCase()),
  })
}

/** Reads an http or https address, without slashes at its end. */
function readAddress(variable: string, value: string | undefined): string | undefined {
  const given = set(value)
  if (given === undefined) return undefined
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ConfigInvalidError(variable, given, `an http or https address, such as ${EXAMPLES[variable]}`)
  }
  return given.replace(/\/+$/, '')
}

function readLogLevel(value: string | undefined): LogLevel {
  const given = set(value) ?? 'silent'
  const level = LOG_LEVELS.find((known) => known === given)
  if (level === undefined)
    throw new ConfigInvalidError('SHARDLINE_LOG', given, `one of ${LOG_LEVELS.join(', ')}`)
  return level
}

function readColour(environment: Readonly<Record<string, string | undefined>>): ColourChoice {
  if (set(environment['NO_COLOR']) !== undefined) return 'never'
  const forced = set(environment['FORCE_COLOR'])
  if (forced === undefined) return 'auto'
  return forced === '0' || forced === 'false' ? 'never' : 'always'
}

/** The environment of a role process: this one's, with the folders and the hub that its cluster was given. */
export function roleEnvironment(
  given: Pick<Config, 'cacheFolder' | 'hub'> & Partial<Pick<Config, 'keyFolder'>>,
): NodeJS.ProcessEnv {
  const { cacheFolder, hub, keyFolder } = given
  return {
    ...process.env,
    SHARDLINE_CACHE: cacheFolder,
    ...(keyFolder === undefined ? {} : { SHARDLINE_KEYS: keyFolder }),
    SHARDLINE_KEY_GIVEN: '1',
    HF_ENDPOINT: hub.hubEndpoint ?? '',
    HF_TOKEN: hub.hubToken ?? '',
    HF_HUB_OFFLINE: hub.isOffline === true ? '1' : '',
  }
}
