import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectMarket } from '@shardline/client'
import type { MarketClient } from '@shardline/client'
import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import { WebSocket } from 'ws'
import { makeKey, PAID_CREDITS, PAID_MODEL } from './paid-cluster.ts'
import { recordConnections } from './recording-proxy.ts'
import type { RecordingProxy } from './recording-proxy.ts'
import { shardline } from './shardline-command.ts'
import type { ShardlineCommand } from './shardline-command.ts'
import { storyteller } from './test-models.ts'

/** Every process says all that it can, and shows what it does. */
const LOG_LEVEL = 'trace'
const SHOWN = '--status=127.0.0.1:0'
/** Another key is taken from a driver at any time, and answers that nobody acknowledges are settled soon. */
const SETTINGS = ['--set', 'driverKeyIntervalMs=1', '--set', 'acknowledgeMsMax=1000']
const LISTENING = /^listening on (\S+)$/m
const SERVING = /^serving on (\S+)$/m
const STATUS = /^status at (\S+)$/m

const world = { clock: systemClock, random: systemRandom, log: silentLog }

/** A paid cluster of processes that reach each other through recorders alone. */
export interface RecordedMarket extends AsyncDisposable {
  /** The market, with nobody between. */
  readonly url: string
  /** Folder of the market's database. */
  readonly database: string
  /** By name; who asks among them. */
  readonly commands: Readonly<Record<string, ShardlineCommand>>
  /** Recorders by who is at the two ends. */
  readonly links: Readonly<Record<string, RecordingProxy>>
  readonly parties: Readonly<Record<string, Identity>>
  /** Where processes show what they do, by name. */
  readonly shown: Readonly<Record<string, string>>
  /** The market as its user watches it, recorded as well. */
  readonly watcher: MarketClient
  /** Starts `shardline ask` in the user's name. */
  ask(args: readonly string[]): ShardlineCommand
  /** Ends all processes, those first that others need least. */
  stop(): Promise<void>
}

/** Where everything is put while it is started. */
class Building {
  readonly stack = new CleanupStack()
  readonly commands: Record<string, ShardlineCommand> = {}
  readonly links: Record<string, RecordingProxy> = {}
  readonly shown: Record<string, string> = {}
  readonly parties: Record<string, Identity> = {}
  readonly folder: string
  readonly #environment: Readonly<Record<string, string>>

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.folder = folder
    this.#environment = environment
    this.stack.add(() => rm(folder, { recursive: true, force: true }))
  }

  get keys(): string {
    return path.join(this.folder, 'keys')
  }

  run(args: readonly string[]): ShardlineCommand {
    const command = shardline(args, { logLevel: LOG_LEVEL, environment: this.#environment })
    this.stack.add(async () => command[Symbol.asyncDispose]())
    return command
  }

  /** Starts what has to be there for the test; resolves with its address. */
  async start(name: string, args: readonly string[], ready: RegExp): Promise<string> {
    const command = this.run(args)
    this.commands[name] = command
    const [, address = ''] = await command.untilWritten(ready)
    if (args.includes(SHOWN)) {
      const [, status = ''] = await command.untilWritten(STATUS)
      this.shown[name] = status
    }
    return address
  }

  /** Resolves with where to connect instead of the target. */
  async record(name: string, target: string): Promise<RecordingProxy> {
    const proxy = await recordConnections(target)
    this.links[name] = proxy
    this.stack.add(async () => proxy[Symbol.asyncDispose]())
    return proxy
  }
}

/** Starts a market, a driver, two workers, a third that stands by, a validator, and a relay, behind which the second worker is. */
export async function startRecordedMarket(): Promise<RecordedMarket> {
  const collector = await recordTraces()
  const folder = await mkdtemp(path.join(tmpdir(), 'shardline-recorded-'))
  const building = new Building(folder, {
    SHARDLINE_KEYS: path.join(folder, 'keys'),
    SHARDLINE_DATA: path.join(folder, 'data'),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.proxy.address,
  })
  building.links['driver and collector of traces'] = collector.proxy
  building.stack.add(collector.close)
  await using ending = building.stack
  const database = path.join(folder, 'market')
  const [operator, user] = await Promise.all([
    makeKey(building.keys, 'market'),
    makeKey(building.keys, 'default'),
  ])
  const url = await startNodes(building, database)
  await connectMarket({ url, identity: operator, ...world }).deposit({ party: user.id, amount: PAID_CREDITS })
  const [asking, watching] = await Promise.all([
    building.record('client and market', url),
    building.record('watcher and market', url),
  ])
  const { commands, links, shown, parties } = building
  const cleanup = ending.release()
  return {
    url,
    database,
    commands,
    links,
    parties,
    shown,
    watcher: connectMarket({ url: watching.address, identity: user, webSocket: WebSocket, ...world }),
    ask: (args) => {
      const command = building.run(['ask', '--market', asking.address, ...args])
      commands['client'] = command
      return command
    },
    stop: async () => {
      const { market, relay, ...others } = commands
      await Promise.all(Object.values(others).map((command) => command[Symbol.asyncDispose]()))
      for (const command of [relay, market]) await command?.[Symbol.asyncDispose]()
    },
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

/** Resolves with the market's address. */
async function startNodes(building: Building, database: string): Promise<string> {
  const offered = `${PAID_MODEL}=8@100000000`
  const market = ['market', '--database', database, '--port', '0', '--model', offered, ...SETTINGS]
  const [url, relay] = await Promise.all([
    building.start('market', market, LISTENING),
    building.start('relay', ['relay', '--listen', '127.0.0.1:0', SHOWN], LISTENING),
  ])
  const [first, second, spare, validator] = await Promise.all([
    startStage(building, { name: 'worker-1', args: ['worker', '--layers', '0-3'], url }),
    startRelayed(building, { name: 'worker-2', args: ['worker', '--layers', '4-7'], url, relay }),
    startStage(building, { name: 'spare', args: ['worker'], url }),
    startStage(building, { name: 'validator', args: ['validator'], url }),
  ])
  const { identity, args } = await join(building, 'driver', url)
  const door = await building.record('client and driver', `ws://127.0.0.1:1#${identity.id}`)
  const nodes = ['--workers', `${first},${second}`, '--validator', validator, '--spare-workers', spare]
  const serving = ['--serve', '0', '--serve-as', PAID_MODEL, '--advertise', withoutId(door.address)]
  door.leadTo(await building.start('driver', ['driver', ...nodes, ...serving, ...args], SERVING))
  return url
}

/** Gives a node a key and a way to the market; resolves with its options. */
async function join(
  building: Building,
  name: string,
  url: string,
): Promise<{ readonly identity: Identity; readonly args: readonly string[] }> {
  const identity = await makeKey(building.keys, name)
  building.parties[name] = identity
  const { address } = await building.record(`${name} and market`, url)
  return { identity, args: ['--key', name, '--model', storyteller, '--market', address, SHOWN] }
}

interface StageInit {
  readonly name: string
  readonly args: readonly string[]
  /** The market's. */
  readonly url: string
}

/** Resolves with where others dial it. */
async function startStage(building: Building, { name, args, url }: StageInit): Promise<string> {
  const joined = await join(building, name, url)
  const line = [...args, '--listen', '127.0.0.1:0', ...joined.args]
  const proxy = await building.record(`others and ${name}`, await building.start(name, line, LISTENING))
  return proxy.address
}

/** The same for one that is reached through the relay alone. */
async function startRelayed(
  building: Building,
  { name, args, url, relay }: StageInit & { readonly relay: string },
): Promise<string> {
  const joined = await join(building, name, url)
  const [inside, outside] = await Promise.all([
    building.record(`${name} and relay`, relay),
    building.record('others and relay', relay),
  ])
  await building.start(name, [...args, '--relay', inside.address, ...joined.args], LISTENING)
  return `${withoutId(outside.address)}/${joined.identity.id}#${joined.identity.id}`
}

function withoutId(address: string): string {
  return address.replace(/#.*$/, '')
}

/** A collector of traces that keeps none, and a recorder before it. */
async function recordTraces(): Promise<{
  readonly proxy: RecordingProxy
  readonly close: () => Promise<void>
}> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end('{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await recordConnections(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return {
    proxy,
    close: async () => {
      await proxy[Symbol.asyncDispose]()
      server.closeAllConnections()
      server.close()
    },
  }
}
