import { systemClock } from '@shardline/core'
import type { PostgresServer } from '@shardline/ledger/testing'
import type { ChaosProcess } from './chaos-process.ts'
import { describeNode } from './describe-node.ts'
import type { ChaosNode } from './chaos-cluster.ts'
import type { ChaosLoad } from './chaos-load.ts'
import type { Fault, FaultTarget } from './fault.ts'

/** What became of a fault. */
export interface InjectedFault {
  readonly fault: Fault
  /** Who was hit. */
  readonly name: string
  /** Whether its moment came; else it hit whatever ran then. */
  readonly isMoment: boolean
  readonly atMs: number
  /** When it was over, as far as the network and the process go. */
  readonly overMs: number
}

/** What faults are injected into. */
export interface FaultGround {
  readonly load: ChaosLoad
  readonly targets: Readonly<Partial<Record<FaultTarget, readonly ChaosNode[]>>>
  /** Server of the market's database, if it has one. */
  readonly server: PostgresServer | undefined
}

/** Wait for a fault's moment. */
const MOMENT_MS_MAX = 1_500
/** Wait for answers to go on after a fault. */
const RECOVERY_MS_MAX = 60_000

/** Carries one fault out, ends it, and waits until tokens come again. */
export async function injectFault(fault: Fault, ground: FaultGround): Promise<InjectedFault> {
  const { load } = ground
  const nodes = ground.targets[fault.target] ?? []
  const node = nodes[fault.which % nodes.length]
  if (node === undefined) throw new Error(`there is no ${fault.target} to hit`)
  const isMoment = await load.until(() => isNow(fault, ground), MOMENT_MS_MAX)
  const atMs = systemClock.monotonic()
  await strike(fault, node, ground)
  await systemClock.sleep(fault.lastsMs)
  await undo(fault, node, ground)
  const overMs = systemClock.monotonic()
  await load.until(() => load.isAliveSince(overMs), RECOVERY_MS_MAX)
  return { fault, name: node.process.name, isMoment, atMs, overMs }
}

function isNow({ moment }: Fault, { load }: FaultGround): boolean {
  if (moment === 'prefill') return load.isPrefilling
  return moment === 'decode' ? load.isDecoding : load.isSettling
}

async function strike(
  { kind, delayMs, jitterMs }: Fault,
  { process, proxy }: ChaosNode,
  { server }: FaultGround,
): Promise<void> {
  switch (kind) {
    case 'kill':
      return process.kill()
    case 'freeze':
      return process.freeze()
    case 'partition':
      return proxy.hold('both')
    case 'loss-towards':
      return proxy.hold('towards')
    case 'loss-away':
      return proxy.hold('away')
    case 'delay':
      return proxy.delay(delayMs, jitterMs)
    case 'cut':
      return proxy.cut()
    case 'disk-full':
      return process.fillDisk()
    case 'database-restart':
      return server?.stop()
    default:
      return kind satisfies never
  }
}

async function undo({ kind }: Fault, { process, proxy }: ChaosNode, { server }: FaultGround): Promise<void> {
  if (kind === 'kill') await process.start()
  else if (kind === 'freeze') process.thaw()
  else if (kind === 'disk-full') await giveDiskBack(process)
  else if (kind === 'database-restart') await server?.start()
  else proxy.heal()
}

/** A market goes on by itself when it has its disk again; a stage that could not go on is started again. */
async function giveDiskBack(process: ChaosProcess): Promise<void> {
  const isMarket = process.address.startsWith('http')
  if (process.isRunning) await process.freeDisk()
  if (isMarket) return untilMarketServes(process)
  if (await isWell(process.address)) return
  await process.kill()
  await process.start()
}

async function untilMarketServes(market: ChaosProcess): Promise<void> {
  const { address } = market
  const overMs = systemClock.monotonic() + RECOVERY_MS_MAX
  for (;;) {
    const signal = AbortSignal.timeout(RECOVERY_MS_MAX)
    const status = await fetch(`${address}/v1/models`, { signal }).then(
      (answer) => answer.status,
      (cause: unknown) => String(cause),
    )
    if (status === 200) return
    if (!market.isRunning) throw await market.unexpectedEnd()
    if (systemClock.monotonic() > overMs) throw market.failure(`has its disk again, and says ${status}`)
    await systemClock.sleep(100)
  }
}

/** Whether a stage still answers. */
async function isWell(address: string): Promise<boolean> {
  try {
    await describeNode(address)
    return true
  } catch {
    return false
  }
}
