import { createLog, systemClock } from '@shardline/core'
import type { Service } from '@shardline/core'
import { WebSocketTransport } from '@shardline/wire'
import { nodeName, SOFTWARE } from '../cluster/node-name.ts'
import { serveValidator, serveWorker } from '../cluster/serve-role.ts'
import type { ServeInit } from '../cluster/serve-role.ts'
import { formatListen, isLoopback } from '../options/parse-address.ts'
import type { RoleOptions, WorkerOptions } from '../options/role-options.ts'
import type { CommandContext } from './command-context.ts'
import { untilAborted } from './until-aborted.ts'

/** Serves layers until it is stopped. */
export async function runWorker(options: WorkerOptions, context: CommandContext): Promise<void> {
  const service = serveWorker({ ...serveInit('worker', options, context), layers: options.layers })
  await serve(service, options, context)
}

/** Serves the head until it is stopped. */
export async function runValidator(options: RoleOptions, context: CommandContext): Promise<void> {
  await serve(serveValidator(serveInit('validator', options, context)), options, context)
}

function serveInit(role: 'worker' | 'validator', options: RoleOptions, context: CommandContext): ServeInit {
  const { config, random } = context
  const node = options.name ?? nodeName(role, random)
  const log = createLog({ level: config.logLevel, fields: { role, node } })
  const self = { node, role, software: SOFTWARE }
  return {
    node,
    transport: new WebSocketTransport({ clock: systemClock, log }, { self }),
    listen: formatListen(options.listen),
    model: options.model,
    precision: options.precision,
    threads: options.threads,
    isSpinning: options.spin,
    cacheFolder: config.cacheFolder,
    hub: config.hub,
    log,
  }
}

interface AddressedService extends Service {
  readonly address: string | undefined
}

async function serve(
  service: AddressedService,
  options: RoleOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, interrupt, supervised } = context
  if (!isLoopback(options.listen.host)) {
    terminal.note(
      `warning: ${formatListen(options.listen)} can be reached from other computers, and links are neither authenticated nor encrypted yet; use it on networks that you trust\n`,
    )
  }
  await service.start()
  try {
    const address = service.address ?? formatListen(options.listen)
    if (options.quiet !== true) terminal.print(`listening on ${address}\n`)
    await supervised?.ready(address)
    await untilAborted(interrupt.signal)
  } finally {
    await service.stop()
  }
}
