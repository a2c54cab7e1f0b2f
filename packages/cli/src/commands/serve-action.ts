import { createLog } from '@shardline/core'
import type { Log } from '@shardline/core'
import { formatDriverAddress, formatInvite } from '@shardline/client'
import type { CapacityAsk, DriverTarget, NodeRegistry } from '@shardline/client'
import { letHeapGrow } from '@shardline/driver'
import type { AnswerService, SealingKeyRing } from '@shardline/driver'
import type { Identity } from '@shardline/identity'
import { isRelayAddress } from '@shardline/wire'
import type { DriverModel } from '../cluster/driver-model.ts'
import { driverTransport, serveDriver } from '../cluster/serve-driver.ts'
import { SUPERVISED_SERVICE_STOP_MS_MAX } from '../limits.ts'
import { joinMarket, openWorkSource } from '../market/join-market.ts'
import type { MarketPresence } from '../market/market-presence.ts'
import { partiesOf } from '../market/parties-of.ts'
import { quantizationOf } from '../market/quantization-of.ts'
import { formatListen, isLoopback } from '../options/parse-address.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { PaidOptions } from '../options/paid-options.ts'
import type { ServeOptions } from '../options/serve-options.ts'
import type { StatusOption } from '../options/status-option.ts'
import { servingDriverStatus } from '../status/driver-status.ts'
import { EarningsWatch } from '../status/earnings-watch.ts'
import { openStatus } from '../status/open-status.ts'
import type { DriverStatus } from '../status/status-document.ts'
import type { CommandContext } from './command-context.ts'
import { untilAborted } from './until-aborted.ts'

/** What {@link runServe} serves. */
export interface RunServeInit {
  readonly model: DriverModel
  readonly identity: Identity
  readonly listen: ListenAddress
  readonly options: Omit<ServeOptions, 'serve'> &
    Partial<
      OutputOptions &
        PaidOptions &
        StatusOption & { readonly announce: boolean; readonly spareWorkers: readonly string[] | undefined }
    >
  /** What prompts are sealed to. @default keys that are forgotten with the service */
  readonly keys?: SealingKeyRing | undefined
  /** What its status says beside. @default nothing */
  readonly notes?: (() => readonly string[]) | undefined
  /** Called when it serves, before anything is printed. */
  readonly onReady: () => void
}

/** Answers the asks of others until it is stopped; says how they reach it. */
export async function runServe(init: RunServeInit, context: CommandContext): Promise<void> {
  const { model, identity, options } = init
  const { terminal, interrupt, supervised, config } = context
  letHeapGrow()
  const listen = formatListen(init.listen)
  const isReachable = options.relay.length > 0 || !isLoopback(init.listen.host)
  if (isReachable && options.allow.length === 0) {
    terminal.note(
      `warning: ${options.relay[0] ?? listen} can be reached from other computers, and whoever reaches it may ask; --allow <id> says who may\n`,
    )
  }
  const log = createLog({ level: config.logLevel, fields: { role: 'driver' } })
  const transport = driverTransport({
    identity,
    allow: options.allow.length === 0 ? undefined : options.allow,
    originsAllowed: options.allowOrigin,
    relays: options.relay,
    log,
  })
  const market = options.market === undefined ? undefined : openWorkSource(options.market, identity, context)
  await using service = await serveDriver({
    model,
    name: options.serveAs,
    marketModel: options.marketModel,
    payment: market === undefined ? undefined : { market, isUnpaidTaken: options.alsoUnpaid === true },
    keys: init.keys,
    listen,
    identity,
    transport,
    stopMsMax: supervised === undefined ? undefined : SUPERVISED_SERVICE_STOP_MS_MAX,
    signal: interrupt.signal,
    log,
  })
  await using _presence = await present({ init, market, service, log }, context)
  using earnings = new EarningsWatch(
    options.status === undefined ? undefined : options.market,
    identity,
    context,
  )
  const roles = (): readonly DriverStatus[] => [servingDriverStatus(service, earnings.status, init.notes?.())]
  init.onReady()
  const isQuiet = options.quiet === true
  await using _status = await openStatus({ status: options.status, isQuiet, roles }, context)
  if (options.announce !== false) announce(service, { ...init, listening: transport.addresses }, context)
  await supervised?.ready(service.address)
  await untilAborted(interrupt.signal)
}

interface PresentInit {
  readonly init: RunServeInit
  readonly market: NodeRegistry | undefined
  readonly service: AnswerService
  readonly log: Log
}

/** Puts the driver on its market, with the key that prompts are sealed to and what it can do. */
async function present(
  { init, market, service, log }: PresentInit,
  context: CommandContext,
): Promise<MarketPresence | undefined> {
  if (market === undefined) return undefined
  const { options, model } = init
  const quantization = quantizationOf(model.checkpoint, model.precision)
  // Users choose drivers by who may take part, and those that stand by may.
  const spares = partiesOf(options.spareWorkers ?? [])
  const capacities = async (): Promise<readonly CapacityAsk[]> =>
    (await service.capacities()).map((capacity) => {
      const workers = [...new Set([...capacity.workers, ...spares])]
      return { ...capacity, workers, quantization }
    })
  const joining = {
    market,
    role: 'driver',
    address: options.advertise[0] ?? service.address,
    options: { region: options.region },
    log,
    sealingKey: () => service.sealingKey(),
    capacities,
  } as const
  return joinMarket(joining, context)
}

function announce(
  service: AnswerService,
  { options, listening }: RunServeInit & { readonly listening: readonly string[] },
  { terminal }: CommandContext,
): void {
  // Whoever is told of a relay comes from elsewhere, and would wait in vain for this machine's own network.
  const relayed = listening.filter(isRelayAddress)
  const reached = relayed.length > 0 ? relayed : listening
  const addresses = options.advertise.length > 0 ? options.advertise : reached
  const { driver, validators } = service
  const target: DriverTarget = {
    driver,
    addresses: addresses.map((address) => address.replace(/#.*$/, '')),
    validators: validators.length > 0 ? validators : undefined,
  }
  for (const address of listening) terminal.print(`serving on ${formatDriverAddress(address, driver)}\n`)
  if (options.quiet !== true) {
    for (const validator of validators) terminal.note(`tokens are signed by ${validator}\n`)
  }
  terminal.print(`invite ${formatInvite(target)}\n`)
}
