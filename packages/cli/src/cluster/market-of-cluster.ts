import { basename, join } from 'node:path'
import { connectMarket } from '@shardline/client'
import { fromUnknown, RemoteError } from '@shardline/core'
import { openCheckpoint } from '@shardline/model'
import type { Precision } from '@shardline/model'
import type { CommandContext } from '../commands/command-context.ts'
import { CLUSTER_BASE_PRICE_MICROCREDITS, CLUSTER_CREDITS_MICROCREDITS } from '../limits.ts'
import { quantizationOf } from '../market/quantization-of.ts'
import { defined } from './defined.ts'
import type { RoleKey } from './role-key.ts'
import { startRoleProcess } from './role-process.ts'
import type { RoleProcess } from './role-process.ts'

/** Options of {@link startClusterMarket}. */
export interface ClusterMarketInit {
  /** Where its database is kept. */
  readonly folder: string
  readonly key: RoleKey
  readonly model: MarketModelFacts
  /** Who gets credits to ask with, if it has few. */
  readonly user: RoleKey
}

/** A model as a market has it. */
export interface MarketModelFacts {
  readonly id: string
  readonly layerCount: number
}

/** A market in a process of its own. */
export interface ClusterMarket {
  readonly process: RoleProcess
  /** Where it is, with its id behind `#`. */
  readonly address: string
}

/** On one machine nobody is away for long: a driver that is lost gives its request back sooner. */
const SETTINGS = ['claimLeaseMs=15000']
const IN_USE = 'LEDGER_DATABASE_IN_USE'
const NAME_CHARS_MAX = 64

/** What a market has to know of a model; reads no weights. @throws what openCheckpoint throws. */
export async function marketModelOf(
  { model, precision }: { readonly model: string; readonly precision: Precision },
  { config, interrupt }: CommandContext,
): Promise<MarketModelFacts> {
  await using checkpoint = await openCheckpoint(model, {
    cacheFolder: config.cacheFolder,
    ...config.hub,
    ...defined({ signal: interrupt.signal }),
  })
  const name = basename(checkpoint.reference.replace(/[\\/]+$/, '')).replace(/\.gguf$/i, '')
  const id = `${nameOf(name)}/${nameOf(quantizationOf(checkpoint, precision))}`
  return { id, layerCount: checkpoint.config.layerCount }
}

/** A name as markets take it. */
function nameOf(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-')
  return plain.replace(/^[._-]+/, '').slice(0, NAME_CHARS_MAX) || 'model'
}

/**
 * Starts a market that keeps its books in a folder, and gives a user credits. Where another market has the folder open,
 * as that of a second cluster does, it keeps them in memory.
 *
 * @throws what startRoleProcess and a market client throw.
 */
export async function startClusterMarket(
  init: ClusterMarketInit,
  context: CommandContext,
): Promise<ClusterMarket> {
  const started = await start(init, join(init.folder, 'database'), context)
  const address = `${started.address}#${init.key.identity.id}`
  try {
    await giveCredits(started.address, init, context)
  } catch (cause) {
    await started.stop()
    throw cause
  }
  return { process: started, address }
}

async function start(
  init: ClusterMarketInit,
  database: string,
  context: CommandContext,
): Promise<RoleProcess> {
  const { config, interrupt, terminal } = context
  const { id, layerCount } = init.model
  try {
    return await startRoleProcess({
      name: 'market',
      commandLine: [
        'market',
        `--database=${database}`,
        '--port=0',
        `--model=${id}=${layerCount}@${CLUSTER_BASE_PRICE_MICROCREDITS}`,
        ...SETTINGS.map((setting) => `--set=${setting}`),
        '--quiet',
      ],
      isForeground: false,
      key: init.key,
      allow: [],
      onLine: () => undefined,
      models: config,
      signal: interrupt.signal,
    })
  } catch (cause) {
    const error = fromUnknown(cause)
    const isInUse = error instanceof RemoteError && error.remoteCode === IN_USE
    if (!isInUse || database === 'memory:') throw error
    terminal.note(
      'another cluster has the books of this machine open; those of this one are forgotten at its end\n',
    )
    return start(init, 'memory:', context)
  }
}

async function giveCredits(
  url: string,
  { key, user }: ClusterMarketInit,
  { clock, random, interrupt }: CommandContext,
): Promise<void> {
  const { signal } = interrupt
  const init = { url, marketId: key.identity.id, clock, random }
  const { available } = await connectMarket({ ...init, identity: user.identity }).balance({ signal })
  if (available >= CLUSTER_CREDITS_MICROCREDITS / 2n) return
  const operator = connectMarket({ ...init, identity: key.identity })
  await operator.deposit({ party: user.identity.id, amount: CLUSTER_CREDITS_MICROCREDITS }, { signal })
}
