import type { DriverFilters, MeasureOptions, PricedDriver } from '@shardline/client'
import { createLog } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import { SOFTWARE, nodeName } from '../cluster/node-name.ts'
import { openTransport } from '../cluster/open-transport.ts'
import { linkSecurity } from '../cluster/role-key.ts'
import { formatMs, formatRate, formatTable } from '../console/format.ts'
import { openMarketClient } from '../market/open-market-client.ts'
import type { MarketOption } from '../options/market-option.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline drivers`. */
export type DriversOptions = MarketOption &
  Pick<OutputOptions, 'json'> & {
    readonly region: string | undefined
    readonly minCompleted: number | undefined
    readonly minSuccess: number | undefined
    readonly minPreference: number | undefined
    readonly maxPrice: string | undefined
    readonly numericClass: string | undefined
    readonly quantization: string | undefined
    readonly measure: boolean | undefined
  }

/** Prints who serves a model. @throws what asking a market throws. */
export async function runDrivers(
  model: string,
  options: DriversOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, interrupt } = context
  const { client } = openMarketClient({ market: options.market }, context)
  const drivers = await client.drivers(model, {
    filters: filtersOf(options),
    signal: interrupt.signal,
    ...(options.measure === true ? { measure: { transport: await transportOfNobody(context) } } : {}),
  })
  if (options.json === true) {
    terminal.print(`${JSON.stringify({ model, drivers: drivers.map(driverToJson) })}\n`)
    return
  }
  terminal.print(
    drivers.length === 0
      ? `nobody who matches serves ${model} now\n`
      : table(drivers, options.measure === true),
  )
}

function filtersOf(options: DriversOptions): DriverFilters {
  const filters = {
    region: options.region,
    completedMin: options.minCompleted,
    successRatioMin: options.minSuccess,
    preferenceMin: options.minPreference,
    maxPrice: options.maxPrice,
    numericClass: options.numericClass,
    quantization: options.quantization,
  }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}

/** Who measures needs no name: drivers are dialed by somebody new. */
async function transportOfNobody(context: CommandContext): Promise<MeasureOptions['transport']> {
  const { config, clock, random } = context
  const log = createLog({ level: config.logLevel, fields: { role: 'client' } })
  const self = { node: nodeName('client', random), role: 'client', software: SOFTWARE } as const
  const security = linkSecurity(await createIdentity(random), undefined)
  return openTransport({ clock, log, random }, { self, security })
}

function table(drivers: readonly PricedDriver[], isMeasured: boolean): string {
  const rows = drivers.map((driver) => [
    driver.driver,
    formatRate(driver.tokensPerSecond),
    driver.price,
    `${Math.round(driver.reputation.score * 100)} %`,
    String(driver.reputation.completed),
    preferenceOf(driver),
    driver.region ?? '-',
    `${driver.quantization}, ${driver.numericClass}`,
    ...(isMeasured ? [driver.latencyMs === undefined ? '-' : formatMs(driver.latencyMs)] : []),
  ])
  const header = ['driver', 'tokens/s', 'price', 'score', 'completed', 'preferred', 'region', 'results']
  return formatTable([[...header, ...(isMeasured ? ['connect'] : [])], ...rows])
}

function preferenceOf({ reputation: { preference } }: PricedDriver): string {
  if (preference === undefined) return '-'
  return `${Math.round(preference.ratio * 100)} % of ${preference.compared}`
}

function driverToJson(driver: PricedDriver): Readonly<Record<string, unknown>> {
  const { reputation } = driver
  return {
    driver: driver.driver,
    address: driver.address ?? null,
    region: driver.region ?? null,
    has_key: driver.hasKey,
    price: driver.price,
    tokens_per_second: driver.tokensPerSecond,
    reported_tokens_per_second: driver.reportedTokensPerSecond,
    numeric_class: driver.numericClass,
    quantization: driver.quantization,
    workers: driver.workers,
    latency_ms: driver.latencyMs ?? null,
    score: reputation.score,
    completed: reputation.completed,
    failed: reputation.failed,
    flagged: reputation.flagged,
    preference: reputation.preference ?? null,
  }
}
