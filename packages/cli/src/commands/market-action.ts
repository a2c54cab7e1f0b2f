import { createLog } from '@shardline/core'
import { identityFromSeed, partyId } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { formatVerifierKey, openDatabase } from '@shardline/ledger'
import { SqlNonceMemory, modelId, openMarket, serveMarket } from '@shardline/market'
import type { Market, MarketServer } from '@shardline/market'
import { hostname } from 'node:os'
import { defined } from '../cluster/defined.ts'
import { openOrCreateIdentity } from '../keys/open-or-create-identity.ts'
import type { ServiceIdentity } from '../keys/open-or-create-identity.ts'
import { checkpointSigner } from '../market/checkpoint-signer.ts'
import { readMarketSettings } from '../market/market-settings.ts'
import type { OfferedModel } from '../market/offered-model.ts'
import { isLoopback } from '../options/parse-address.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { Assignment } from '../options/parse-assignment.ts'
import type { CommandContext } from './command-context.ts'
import { untilAborted } from './until-aborted.ts'

const EVERYWHERE: readonly string[] = ['0.0.0.0', '::']

/** Options of `shardline market`. */
export type MarketOptions = OutputOptions & {
  readonly database: string | undefined
  readonly host: string
  readonly port: number
  readonly key: string
  readonly operator: readonly string[] | undefined
  readonly model: readonly OfferedModel[] | undefined
  readonly settings: string | undefined
  readonly set: readonly Assignment[] | undefined
}

/**
 * Serves a market until it is stopped.
 *
 * @throws DatabaseLostError when the folder of its database is gone; what reading settings, opening keys and databases, and
 * listening throw.
 */
export async function runMarket(options: MarketOptions, context: CommandContext): Promise<void> {
  const { config, clock, random, interrupt } = context
  const settings = await readMarketSettings({ file: options.settings, assignments: options.set ?? [] })
  const operators = [
    ...(settings.market.operators ?? []),
    ...(options.operator ?? []).map((id) => partyId(id)),
  ]
  const { identity, isNew } = await marketIdentity(options.key, context)
  const signer = checkpointSigner(identity)
  const log = createLog({ level: config.logLevel, fields: { role: 'market' } })
  warnIfOpen(options, context)
  await using database = await openDatabase(options.database ?? config.database)
  await using market = await openMarket(
    { database, clock, random, log, signer },
    { ...settings.market, operators: [...operators, identity.id] },
  )
  await offer(market, identity, options.model ?? [])
  const nonces = new SqlNonceMemory({ database, clock })
  await using server = await serveMarket(
    { market, identity, clock, random, log, nonces },
    { ...settings.http, host: options.host, port: options.port, logKey: formatVerifierKey(signer, 'log') },
  )
  report(server, { isNew, options, context })
  await context.supervised?.ready(server.address)
  // Who goes on without its books takes money that nobody will find again.
  await untilAborted(AbortSignal.any([interrupt.signal, database.lost]))
  database.lost.throwIfAborted()
}

/** A market of a cluster is given its key by the process that started it. */
async function marketIdentity(name: string, context: CommandContext): Promise<ServiceIdentity> {
  if (context.supervised === undefined || !context.config.isKeyGiven)
    return openOrCreateIdentity(name, context)
  return { identity: await identityFromSeed((await context.supervised.key).seed), isNew: false }
}

/** Adds what isn't there yet. What is there stays as its operators set it. */
async function offer(market: Market, identity: Identity, models: readonly OfferedModel[]): Promise<void> {
  if (models.length === 0) return
  const known = new Set<string>((await market.prices()).map(({ model }) => model))
  for (const { model, layerCount, basePrice } of models) {
    if (known.has(model)) continue
    await market.setModel(identity.id, { model: modelId(model), layerCount, ...defined({ basePrice }) })
  }
}

function warnIfOpen({ host }: MarketOptions, { terminal }: CommandContext): void {
  if (isLoopback(host)) return
  terminal.note(
    `warning: ${host} can be reached from other computers. Requests are signed, but not encrypted: put a proxy with TLS in front\n`,
  )
}

interface ReportInit {
  readonly isNew: boolean
  readonly options: MarketOptions
  readonly context: CommandContext
}

function report({ address, id }: MarketServer, { isNew, options, context }: ReportInit): void {
  const { terminal, config } = context
  if (options.json === true) {
    terminal.print(`${JSON.stringify({ address, id, key: options.key, is_new_key: isNew })}\n`)
    return
  }
  terminal.print(`listening on ${address}\n`)
  if (options.quiet === true) return
  terminal.print(`market id ${id}\n`)
  if (isNew) {
    terminal.note(
      `The market's key "${options.key}" is new, in ${config.keyFolder}. Keep a copy: replicas need the same, and it can't be made again.\n`,
    )
  }
  const reachable = reachableAddress(address, options.host)
  terminal.note(`To use it from a program or another terminal: export SHARDLINE_MARKET=${reachable}\n`)
}

/** An address that listens everywhere can't be dialed; this computer's name usually can. */
function reachableAddress(address: string, host: string): string {
  if (!EVERYWHERE.includes(host)) return address
  return `http://${hostname()}:${new URL(address).port}`
}
