import { HostedRole } from '../cluster/hosted-role.ts'
import { listenPlaces } from '../cluster/listen-places.ts'
import { VALIDATOR_PORT_DEFAULT, WORKER_PORT_DEFAULT } from '../limits.ts'
import type { RoleOptions, WorkerOptions } from '../options/role-options.ts'
import { EarningsWatch } from '../status/earnings-watch.ts'
import { openStatus } from '../status/open-status.ts'
import { stageStatus } from '../status/stage-status.ts'
import type { StageStatus } from '../status/status-document.ts'
import type { CommandContext } from './command-context.ts'
import { ownIdentity } from './own-identity.ts'
import { untilAborted } from './until-aborted.ts'

/** Serves layers until it is stopped. */
export function runWorker(options: WorkerOptions, context: CommandContext): Promise<void> {
  return serve('worker', options, context)
}

/** Serves the head until it is stopped. */
export function runValidator(options: RoleOptions, context: CommandContext): Promise<void> {
  return serve('validator', options, context)
}

const PORTS = { worker: WORKER_PORT_DEFAULT, validator: VALIDATOR_PORT_DEFAULT } as const

async function serve(
  role: 'worker' | 'validator',
  options: RoleOptions | WorkerOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, interrupt, supervised } = context
  const own = await ownIdentity(options, context)
  const allowed = [...(own.allow ?? []), ...options.allow]
  const allow = allowed.length === 0 && own.allow === undefined ? undefined : allowed
  const places = listenPlaces({ ...options, portDefault: PORTS[role] })
  if (places.isReachable && allow === undefined) {
    terminal.note(
      `warning: ${options.relay[0] ?? places.listen} can be reached from other computers, and whoever reaches it may use it; --allow <id> says who may\n`,
    )
  }
  const hosted = new HostedRole({ role, identity: own.identity, allow, places, options }, context)
  await hosted.start()
  try {
    for (const address of options.quiet === true ? [] : hosted.peerAddresses)
      terminal.print(`listening on ${address}\n`)
    using earnings = new EarningsWatch(
      options.status === undefined ? undefined : options.market,
      own.identity,
      context,
    )
    const { status } = options
    const roles = (): readonly StageStatus[] => [stageStatus(hosted, earnings.status)]
    await using _status = await openStatus({ status, isQuiet: options.quiet === true, roles }, context)
    await supervised?.ready(hosted.address)
    await untilAborted(interrupt.signal)
  } finally {
    await hosted.stop()
  }
}
