import process from 'node:process'
import { systemClock } from '@shardline/core'
import { letHeapGrow } from '@shardline/driver'
import { startAskedCluster } from '../asked-cluster.ts'
import type { AttackedPlan, AttackedState } from './attacked.ts'
import { socketTransport } from './socket-transport.ts'

/** Milliseconds between two reports. */
const REPORT_MS = 25

const { cacheFolder } = JSON.parse(process.argv[2] ?? '') as AttackedPlan
// As `shardline driver --serve` does.
letHeapGrow()
process.once('disconnect', () => process.exit())
const { service, target } = await startAskedCluster({
  cacheFolder,
  workers: 1,
  door: { listen: 'ws://127.0.0.1:0', transport: (driver) => socketTransport('driver', driver) },
})
for (;;) {
  const { answersRunning, answersWaiting, links } = service.counters
  const { user, system } = process.cpuUsage()
  const state: AttackedState = {
    target,
    answersRunning,
    answersWaiting,
    links,
    cpuMs: (user + system) / 1000,
    heldBytes: process.memoryUsage.rss(),
  }
  process.send?.(state)
  await systemClock.sleep(REPORT_MS)
}
