import { systemClock } from '@shardline/core'
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
  /** From the blow to the next piece of any answer; undefined if none came. */
  readonly pauseMs: number | undefined
}

/** What faults are injected into. */
export interface FaultGround {
  readonly load: ChaosLoad
  readonly targets: Readonly<Partial<Record<FaultTarget, readonly ChaosNode[]>>>
  /** Whether an answer is being settled. @default never */
  readonly isSettling?: () => boolean
}

/** Wait for a fault's moment. */
const MOMENT_MS_MAX = 1_500
/** Wait for answers to go on after a fault. */
const RECOVERY_MS_MAX = 30_000

/** Carries one fault out, ends it, and waits until tokens come again. */
export async function injectFault(fault: Fault, ground: FaultGround): Promise<InjectedFault> {
  const { load } = ground
  const nodes = ground.targets[fault.target] ?? []
  const node = nodes[fault.which % nodes.length]
  if (node === undefined) throw new Error(`there is no ${fault.target} to hit`)
  const isMoment = await load.until(() => isNow(fault, ground), MOMENT_MS_MAX)
  const atMs = systemClock.monotonic()
  await strike(fault, node)
  await systemClock.sleep(fault.lastsMs)
  await undo(fault, node)
  const overMs = systemClock.monotonic()
  await load.until(() => load.isAliveSince(overMs), RECOVERY_MS_MAX)
  return { fault, name: node.process.name, isMoment, atMs, overMs, pauseMs: load.pauseAfter(atMs) }
}

function isNow({ moment }: Fault, { load, isSettling }: FaultGround): boolean {
  if (moment === 'prefill') return load.isPrefilling
  return moment === 'decode' ? load.isDecoding : (isSettling?.() ?? true)
}

async function strike({ kind, delayMs, jitterMs }: Fault, { process, proxy }: ChaosNode): Promise<void> {
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
    default:
      return kind satisfies never
  }
}

async function undo({ kind }: Fault, { process, proxy }: ChaosNode): Promise<void> {
  if (kind === 'kill') await process.start()
  else if (kind === 'freeze') process.thaw()
  else proxy.heal()
}
