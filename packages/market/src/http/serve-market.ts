import { CleanupStack } from '@shardline/core'
import type { Clock, Log, Random } from '@shardline/core'
import type { Identity, NonceMemory, PartyId } from '@shardline/identity'
import type { Market } from '../market.ts'
import { AddressUnusableError } from '../errors.ts'
import type { App, HttpContext } from './app.ts'
import { buildApp } from './build-app.ts'
import { EventHub } from './event-hub.ts'
import { httpSettings } from './http-settings.ts'
import type { HttpSettings } from './http-settings.ts'
import { MarketMetrics } from './market-metrics.ts'
import { SweepLoop } from './sweep-loop.ts'

/** What a server works with. */
export interface MarketServerComponents {
  readonly market: Market
  /** The market's own: its id is the audience of signed requests, and it signs checkpoints of the log of driver keys. The same in all replicas. */
  readonly identity: Pick<Identity, 'id' | 'sign'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Remembers nonces of signed requests. With several replicas: on the database that they share. */
  readonly nonces: NonceMemory
}

/** Options of {@link serveMarket}, beside the {@link HttpSettings}. */
export interface ServeMarketOptions extends Partial<HttpSettings> {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 lets the system choose one. @default 0 */
  readonly port?: number
  /** Key under the ledger's checkpoints, as in `name+keyid+key`, told to everyone who asks. @default none */
  readonly logKey?: string
}

/** A market on the network. */
export interface MarketServer extends AsyncDisposable {
  /** `http://host:port`. */
  readonly address: string
  /** The market's id. */
  readonly id: PartyId
  /** Takes no further requests, finishes those in flight within `closeMsMax`, closes all sockets. The market stays open. */
  close(): Promise<void>
}

/**
 * Serves a market over HTTP, with events over WebSocket, and sweeps it in the background. Any number of processes may
 * do this for one database.
 *
 * @throws AddressUnusableError if it can't listen there.
 */
export async function serveMarket(
  components: MarketServerComponents,
  options: ServeMarketOptions = {},
): Promise<MarketServer> {
  const { host = '127.0.0.1', port = 0, logKey, ...given } = options
  const settings = httpSettings(given)
  const metrics = new MarketMetrics()
  const sweeps = sweepLoop(components, { settings, metrics })
  const context: HttpContext = {
    ...components,
    settings,
    metrics,
    logKey,
    areSweepsAlive: () => sweeps.isAlive,
  }
  const hub = eventHub(context)
  let isClosing = false
  const app = await buildApp({ context, hub, isClosing: () => isClosing })
  const cleanup = new CleanupStack()
  cleanup.add(() => closeApp(app, context))
  cleanup.add(() => hub.stop())
  cleanup.add(() => sweeps.stop())
  cleanup.add(() => {
    isClosing = true
  })
  try {
    await hub.start()
    await listen(app, host, port)
    await sweeps.start()
  } catch (cause) {
    await cleanup.run()
    throw cause
  }
  const address = addressOf(app, host)
  components.log.info('market-serves', { address, id: components.identity.id })
  cleanup.add(() => components.log.info('market-closes', { address }))
  const close = (): Promise<void> => cleanup.run()
  return { address, id: components.identity.id, close, [Symbol.asyncDispose]: close }
}

/**
 * The OpenAPI document of a market's routes, without a market.
 */
export async function describeMarketApi(): Promise<Readonly<Record<string, unknown>>> {
  // Routes look at what they work with when they are called, and nobody calls these.
  const context = { settings: httpSettings({}), metrics: new MarketMetrics() } as unknown as HttpContext
  const app = await buildApp({ context, hub: eventHub(context), isClosing: () => false })
  try {
    return { ...app.swagger() }
  } finally {
    await app.close()
  }
}

function sweepLoop(
  { market, clock, random, log }: MarketServerComponents,
  { settings, metrics }: { readonly settings: HttpSettings; readonly metrics: MarketMetrics },
): SweepLoop {
  return new SweepLoop({
    market,
    clock,
    random,
    log,
    intervalMs: settings.sweepIntervalMs,
    lateMsMax: settings.sweepLateMsMax,
    onRound: (round) => metrics.observeSweep(round),
  })
}

function eventHub({ market, clock, metrics, settings }: HttpContext): EventHub {
  return new EventHub({
    market,
    clock,
    metrics,
    subscribersMax: settings.eventSubscribersMax,
    pingMs: settings.eventPingMs,
  })
}

async function listen(app: App, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    throw new AddressUnusableError(`${host}:${port}`, cause)
  }
}

/** Those in flight get some time to finish; whoever is left then is cut off. */
async function closeApp(app: App, { clock, settings }: HttpContext): Promise<void> {
  const patience = new AbortController()
  const late = clock
    .sleep(settings.closeMsMax, { signal: patience.signal })
    .then(() => app.server.closeAllConnections())
    .catch(() => undefined)
  await app.close()
  patience.abort()
  await late
}

function addressOf(app: App, host: string): string {
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
