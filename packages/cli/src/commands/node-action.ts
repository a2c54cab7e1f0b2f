import { systemClock } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import { parseNodeInvite } from '@shardline/node'
import type { EnlistmentState, Machine, NodeInvite } from '@shardline/node'
import { HostedRole } from '../cluster/hosted-role.ts'
import { listenPlaces } from '../cluster/listen-places.ts'
import { rememberedMachine } from '../cluster/remembered-machine.ts'
import { engineOptions } from '../cluster/serve-role.ts'
import { openOrCreateIdentity } from '../keys/open-or-create-identity.ts'
import { OptionInvalidError } from '../errors.ts'
import { NODE_REPORT_MS, WORKER_PORT_DEFAULT } from '../limits.ts'
import { describeEnlistment } from '../node/describe-enlistment.ts'
import { Earnings } from '../node/earnings.ts'
import { joinPlaces } from '../node/join-places.ts'
import { PriceFloor } from '../node/price-floor.ts'
import { limitedMachine } from '../node/limited-machine.ts'
import { formatNodeHours, isWithinHours, minuteOfDay, untilHoursChange } from '../node/node-hours.ts'
import { describeNode } from '../node/node-status.ts'
import type { NodeOptions, NodeRoleName } from '../options/node-options.ts'
import { earningsStatus } from '../status/earnings-watch.ts'
import { openStatus } from '../status/open-status.ts'
import { stageStatus } from '../status/stage-status.ts'
import type { StageStatus } from '../status/status-document.ts'
import type { CommandContext } from './command-context.ts'

/** A role, and what it earns. */
interface RunningRole {
  readonly hosted: HostedRole
  readonly earnings: Earnings
  /** Undefined where it works at any price, or for no market. */
  readonly floor: PriceFloor | undefined
}

/** What a node is told, and by whom it was invited. */
interface NodeInit extends NodeOptions {
  readonly invite: NodeInvite | undefined
}

/**
 * Serves roles in the hours that it is told, until it is stopped.
 *
 * @throws NodeInviteInvalidError, OptionInvalidError; what a KeyStore throws; AddressUnusableError; what a market, or the driver that it was
 * invited by, refuses it with.
 */
export async function runNode(given: NodeOptions, context: CommandContext): Promise<void> {
  const invite = given.join === undefined ? undefined : parseNodeInvite(given.join)
  if (given.priceFloor !== undefined && given.market === undefined) {
    throw new OptionInvalidError('--price-floor is compared with the prices of a market; give --market too')
  }
  const options: NodeInit = { ...given, ...joinPlaces(given, invite), invite }
  const { clock, interrupt, supervised } = context
  const { hours, market, status } = options
  let shift: readonly RunningRole[] = []
  const roles = (): readonly StageStatus[] =>
    shift.map(({ hosted, earnings, floor }) => {
      const { role, enlistment } = hosted
      const enlisted = enlistment === undefined ? undefined : describeEnlistment(role, enlistment)
      const earned = market === undefined ? null : earningsStatus(market, earnings)
      return stageStatus(hosted, earned, [enlisted, floor?.note])
    })
  await using _status = await openStatus({ status, isQuiet: options.quiet === true, roles }, context)
  let isFirst = true
  while (!interrupt.signal.aborted) {
    if (hours === undefined || isWithinHours(hours, minuteOfDay(clock.now()))) {
      shift = await startShift(options, context)
      if (isFirst) await supervised?.ready(shift[0]?.hosted.address ?? '')
      isFirst = false
      await work(shift, options, context)
      shift = []
    } else {
      await rest(options, context)
    }
  }
}

/** Starts the roles. What one of them fails with ends the others too. */
async function startShift(options: NodeInit, context: CommandContext): Promise<readonly RunningRole[]> {
  const { config, terminal } = context
  const { threads, spin, memory, allow } = options
  const engine = engineOptions({ threads, isSpinning: spin })
  const own = rememberedMachine({ clock: systemClock, cacheFolder: config.cacheFolder, engine })
  const machine = limitedMachine(own, memory)
  const shift: RunningRole[] = []
  try {
    for (const [index, role] of options.roles.entries()) {
      const running = await openRole({ role, index, machine }, options, context)
      await running.hosted.start()
      shift.push(running)
      await look(running)
    }
  } catch (cause) {
    await Promise.all(shift.map(({ hosted }) => hosted.stop()))
    throw cause
  }
  for (const { hosted } of shift) {
    for (const address of options.quiet === true ? [] : hosted.peerAddresses)
      terminal.print(`${hosted.role} listening on ${address}\n`)
  }
  if (allow.length === 0 && options.quiet !== true) {
    terminal.note('whoever reaches this node may use it; --allow <id> says who may\n')
  }
  return shift
}

interface RolePlace {
  readonly role: NodeRoleName
  /** Its place among the roles. */
  readonly index: number
  readonly machine: Machine
}

async function openRole(
  { role, index, machine }: RolePlace,
  options: NodeInit,
  context: CommandContext,
): Promise<RunningRole> {
  // One party may not be two stages of one pipeline, and a relay calls one process per key.
  const isSecond = index > 0
  const key = isSecond && role === 'validator' ? options.validatorKey : options.key
  const { identity } = await openOrCreateIdentity(key, context)
  const listen = nextPort(options.listen, index)
  const places = listenPlaces({ ...options, listen, portDefault: WORKER_PORT_DEFAULT + index })
  const { allow, market, model, invite } = options
  let told = ''
  const onEnlistment = (state: EnlistmentState): void => {
    const line = describeEnlistment(role, state)
    if (options.quiet !== true && line !== told) context.terminal.note(`${line}\n`)
    told = line
  }
  const hosted = new HostedRole(
    {
      role,
      identity,
      allow: allow.length === 0 ? undefined : allow,
      places,
      machine,
      invite,
      onEnlistment,
      options: { ...options, model: undefined, precision: undefined },
      ...(model.length === 0 ? {} : { models: model }),
    },
    context,
  )
  const { priceFloor } = options
  const floor =
    priceFloor === undefined || market === undefined
      ? undefined
      : new PriceFloor({ market, floor: priceFloor }, identity, context)
  return { hosted, earnings: new Earnings(market, identity, context), floor }
}

function nextPort(listen: NodeOptions['listen'], index: number): NodeOptions['listen'] {
  if (listen === undefined || listen.port === 0) return listen
  return { ...listen, port: listen.port + index }
}

/** Works until the hours end or it is stopped; then lets answers end. */
async function work(
  shift: readonly RunningRole[],
  { hours, quiet }: NodeOptions,
  { clock, interrupt, terminal }: CommandContext,
): Promise<void> {
  const refusals = new AbortController()
  let refusal: ShardlineError | undefined
  for (const { hosted } of shift) {
    void hosted.refused.then((error) => {
      refusal ??= error
      refusals.abort()
    })
  }
  const signal = AbortSignal.any([interrupt.signal, refusals.signal])
  let last = ''
  while (!signal.aborted && (hours === undefined || isWithinHours(hours, minuteOfDay(clock.now())))) {
    await Promise.all(shift.map(look))
    const line = describeShift(shift)
    if (line !== last && quiet !== true) terminal.note(`${line}\n`)
    last = line
    const untilEndMs = hours === undefined ? Infinity : untilHoursChange(hours, clock.now())
    await clock.sleep(Math.min(NODE_REPORT_MS, untilEndMs), { signal }).catch(() => undefined)
  }
  const isBusy = shift.some(({ hosted }) => hosted.counters.sessionsOpen > 0)
  if (isBusy && quiet !== true) terminal.note('lets answers end; ^C once more ends at once\n')
  await Promise.all(shift.map(({ hosted }) => hosted.drain()))
  const end = describeShift(shift)
  if (end !== last && quiet !== true) terminal.note(`${end}\n`)
  if (refusal !== undefined) throw refusal
}

/** Asks the market what it earned, and what its price floor means now. */
async function look({ earnings, floor }: RunningRole): Promise<void> {
  await Promise.all([earnings.look(), floor?.look()])
}

function describeShift(shift: readonly RunningRole[]): string {
  const roles = describeNode(
    shift.map(({ hosted: { role, counters }, earnings: { balance, balanceBefore } }) => ({
      role,
      counters,
      balance,
      balanceBefore,
    })),
  )
  const note = shift.find(({ floor }) => floor?.note !== undefined)?.floor?.note
  return note === undefined ? roles : `${roles} · ${note}`
}

/** Waits for its hours. */
async function rest({ hours, quiet }: NodeOptions, context: CommandContext): Promise<void> {
  const { clock, interrupt, terminal } = context
  if (hours === undefined) return
  if (quiet !== true) terminal.note(`works again in its hours, ${formatNodeHours(hours)}\n`)
  const { signal } = interrupt
  while (!signal.aborted && !isWithinHours(hours, minuteOfDay(clock.now()))) {
    const waitMs = Math.min(NODE_REPORT_MS, untilHoursChange(hours, clock.now()))
    await clock.sleep(waitMs, { signal }).catch(() => undefined)
  }
}
