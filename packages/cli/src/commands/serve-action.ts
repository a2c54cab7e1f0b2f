import { createLog } from '@shardline/core'
import { formatDriverAddress, formatInvite } from '@shardline/client'
import type { DriverTarget } from '@shardline/client'
import type { AnswerService } from '@shardline/driver'
import type { Identity } from '@shardline/identity'
import type { DriverModel } from '../cluster/driver-model.ts'
import { serveDriver } from '../cluster/serve-driver.ts'
import { SUPERVISED_SERVICE_STOP_MS_MAX } from '../limits.ts'
import { formatListen, isLoopback } from '../options/parse-address.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ServeOptions } from '../options/serve-options.ts'
import type { CommandContext } from './command-context.ts'
import { untilAborted } from './until-aborted.ts'

/** What {@link runServe} serves. */
export interface RunServeInit {
  readonly model: DriverModel
  readonly identity: Identity
  readonly listen: ListenAddress
  readonly options: Omit<ServeOptions, 'serve'> & Partial<OutputOptions>
  /** Called when it serves, before anything is printed. */
  readonly onReady: () => void
}

/** Answers the asks of others until it is stopped; says how they reach it. */
export async function runServe(init: RunServeInit, context: CommandContext): Promise<void> {
  const { model, identity, options } = init
  const { terminal, interrupt, supervised, config } = context
  const listen = formatListen(init.listen)
  if (!isLoopback(init.listen.host) && options.allow.length === 0) {
    terminal.note(
      `warning: ${listen} can be reached from other computers, and whoever reaches it may ask; --allow <id> says who may\n`,
    )
  }
  await using service = await serveDriver({
    model,
    name: options.serveAs,
    listen,
    identity,
    allow: options.allow.length === 0 ? undefined : options.allow,
    originsAllowed: options.allowOrigin,
    stopMsMax: supervised === undefined ? undefined : SUPERVISED_SERVICE_STOP_MS_MAX,
    signal: interrupt.signal,
    log: createLog({ level: config.logLevel, fields: { role: 'driver' } }),
  })
  init.onReady()
  announce(service, init, context)
  await supervised?.ready(service.address)
  await untilAborted(interrupt.signal)
}

function announce(service: AnswerService, { options }: RunServeInit, { terminal }: CommandContext): void {
  const addresses = options.advertise.length > 0 ? options.advertise : [service.address]
  const { driver, validators } = service
  const target: DriverTarget = {
    driver,
    addresses: addresses.map((address) => address.replace(/#.*$/, '')),
    validators: validators.length > 0 ? validators : undefined,
  }
  terminal.print(`serving on ${formatDriverAddress(service.address, driver)}\n`)
  if (options.quiet !== true) {
    for (const validator of validators) terminal.note(`tokens are signed by ${validator}\n`)
  }
  terminal.print(`invite ${formatInvite(target)}\n`)
}
