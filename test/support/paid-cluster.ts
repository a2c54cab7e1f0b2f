import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CleanupStack, silentLog, systemClock, systemRandom } from '@shardline/core'
import { connectMarket, connectMarketSource } from '@shardline/client'
import type { AnswerSource, ConnectMarketSourceInit, MarketClient } from '@shardline/client'
import { SEED_BYTES, identityFromSeed, partyIdOf, writeKeyFile } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import { shardline } from './shardline-command.ts'
import type { ShardlineCommand } from './shardline-command.ts'
import { storyteller } from './test-models.ts'

/** The market's id of the bundled model. */
export const PAID_MODEL = 'storyteller/q4'
/** Microcredits that the user has at first. */
export const PAID_CREDITS = 1_000_000_000n
const BASE_PRICE = '100000000'
const ROLES = ['driver', 'worker-1', 'worker-2', 'spare', 'validator'] as const

/** Who plays which part; each has a key of its own. */
export type PaidRole = (typeof ROLES)[number]

/** Options of {@link startPaidCluster}. */
export interface PaidClusterInit {
  /** Settings of the market, such as `claimLeaseMs=5000`. */
  readonly settings?: readonly string[]
}

/** A market, a driver, two workers, a third that stands by, and a validator, each a process of its own, and a user with credits. */
export interface PaidCluster extends AsyncDisposable {
  readonly url: string
  readonly parties: Readonly<Record<PaidRole, Identity>>
  readonly user: Identity
  readonly driver: ShardlineCommand
  /** Runs the first half of the layers. */
  readonly firstWorker: ShardlineCommand
  /** The market as one of them has it. */
  as(identity: Identity): MarketClient
  source(init?: Partial<ConnectMarketSourceInit>): Promise<AnswerSource>
  killMarket(): Promise<void>
  /** Starts it where it was, on the same data. */
  restartMarket(): Promise<void>
  /** Runs a command in the name of the user, whose key is `default`. */
  run(args: readonly string[]): ShardlineCommand
  /** Kills the driver, and starts it again with the same key, at another address. */
  replaceDriver(): Promise<void>
}

export async function startPaidCluster(init: PaidClusterInit = {}): Promise<PaidCluster> {
  await using building = new CleanupStack()
  // Also of what is started later.
  const ending = new CleanupStack()
  const folder = await mkdtemp(path.join(tmpdir(), 'shardline-paid-'))
  building.add(() => rm(folder, { recursive: true, force: true }))
  const keys = path.join(folder, 'keys')
  const environment = { SHARDLINE_KEYS: keys }
  const run = (args: readonly string[], logLevel?: string): ShardlineCommand =>
    shardline(args, { environment, ...(logLevel === undefined ? {} : { logLevel }) })
  const settings = ['driverKeyIntervalMs=1', ...(init.settings ?? [])].flatMap((one) => ['--set', one])
  const offered = `${PAID_MODEL}=8@${BASE_PRICE}`
  const database = path.join(folder, 'market')
  let market: ShardlineCommand | undefined
  const startMarket = async (port: string): Promise<string> => {
    market = run(['market', '--database', database, '--port', port, '--model', offered, ...settings])
    const [, address = ''] = await market.untilWritten(/^listening on (\S+)$/m)
    return address
  }
  building.add(async () => market?.[Symbol.asyncDispose]())
  const parties = Object.fromEntries(
    await Promise.all(ROLES.map(async (role) => [role, await makeKey(keys, role)] as const)),
  ) as Record<PaidRole, Identity>
  const operator = await makeKey(keys, 'market')
  building.add(() => ending.run())
  const url = await startMarket('0')
  const start = async (role: PaidRole, args: readonly string[], ready: RegExp) => {
    const line = [...args, '--model', storyteller, '--key', role, '--market', url]
    const command = run(line, role === 'driver' ? 'info' : undefined)
    ending.add(async () => command[Symbol.asyncDispose]())
    const [, address = ''] = await command.untilWritten(ready)
    return { command, address }
  }
  const listening = /^listening on (\S+)$/m
  const stage = (role: PaidRole, args: readonly string[]) =>
    start(role, [...args, '--listen', '127.0.0.1:0'], listening)
  const [first, second, spare, validator] = await Promise.all([
    stage('worker-1', ['worker', '--layers', '0-3']),
    stage('worker-2', ['worker', '--layers', '4-7']),
    stage('spare', ['worker']),
    stage('validator', ['validator']),
  ])
  const nodes = ['--workers', `${first.address},${second.address}`, '--validator', validator.address]
  const spares = ['--spare-workers', spare.address]
  const serving = ['driver', ...nodes, ...spares, '--serve', '0', '--market-model', PAID_MODEL]
  const { command: driver } = await start('driver', serving, /^serving on (\S+)$/m)
  const user = await makeKey(keys, 'default')
  const world = { clock: systemClock, random: systemRandom, log: silentLog }
  const as = (identity: Identity): MarketClient => connectMarket({ url, identity, ...world })
  await as(operator).deposit({ party: user.id, amount: PAID_CREDITS })
  const cleanup = building.release()
  return {
    url,
    parties,
    user,
    driver,
    firstWorker: first.command,
    as,
    source: async (more = {}) => {
      const self = { node: 'user', role: 'client', software: 'test' } as const
      const security = { identity: user, formatKey: partyIdOf }
      const transport = new WebSocketTransport(world, { self, security })
      return connectMarketSource({ transport, ...world }, { url, identity: user, ...more })
    },
    killMarket: async () => market?.kill(),
    run: (args) => run(args),
    replaceDriver: async () => {
      await driver.kill()
      await start('driver', serving, /^serving on (\S+)$/m)
    },
    restartMarket: async () => {
      await startMarket(new URL(url).port)
    },
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}

/** A key as `shardline keys new` would leave it. */
export async function makeKey(folder: string, name: string): Promise<Identity> {
  const seed = systemRandom.bytes(SEED_BYTES)
  const bytes = await writeKeyFile({ seed, driverKeys: [] }, { random: systemRandom, passphrase: undefined })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(path.join(folder, `${name}.key`), bytes, { mode: 0o600 })
  return identityFromSeed(seed)
}
