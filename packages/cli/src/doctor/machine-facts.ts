import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import type { Clock } from '@shardline/core'

/** What this machine is and how busy it is. */
export interface MachineFacts {
  readonly platform: string
  readonly architecture: string
  readonly systemRelease: string
  readonly nodeVersion: string
  readonly processor: string
  /** Cores that this process may use, and cores of the machine. */
  readonly cores: { readonly available: number; readonly total: number }
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number }
  /** Runnable processes on average over the last minute; 0 on Windows, which doesn't say. */
  readonly loadAverage: number
  /** Share of all cores' time, 0 to 1, that other work took while this process waited. */
  readonly busyShare: number
  /** Whether other work takes so much that runs here compete for cores. */
  readonly isSharingCores: boolean
}

/** Time over which other work is watched. */
const WATCH_MS = 400
/** A tenth of the cores' time taken by others shows in every run. */
const SHARING_SHARE_MIN = 0.1

/** Looks at the machine. Takes as long as other work is watched, under half a second. */
export async function readMachineFacts(clock: Clock): Promise<MachineFacts> {
  const before = readCoreTimes()
  await clock.sleep(WATCH_MS)
  const after = readCoreTimes()
  const elapsed = after.total - before.total
  const busyShare = elapsed > 0 ? Math.max(0, (after.busy - before.busy) / elapsed) : 0
  const available = availableParallelism()
  return {
    platform: process.platform,
    architecture: process.arch,
    systemRelease: release(),
    nodeVersion: process.version,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: { available, total: cpus().length },
    memory: { totalBytes: memoryLimit(), availableBytes: availableMemory() },
    loadAverage: loadavg()[0] ?? 0,
    busyShare,
    isSharingCores: busyShare >= SHARING_SHARE_MIN,
  }
}

/** A container's limit where there is one. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem()
}

/** What can still be allocated: unlike free memory it counts what the system's file cache would give back. */
function availableMemory(): number {
  return Math.min(process.availableMemory(), memoryLimit())
}

function readCoreTimes(): { readonly busy: number; readonly total: number } {
  let busy = 0
  let total = 0
  for (const { times } of cpus()) {
    const working = times.user + times.nice + times.sys + times.irq
    busy += working
    total += working + times.idle
  }
  return { busy, total }
}
