import { systemClock } from '@shardline/core'
import type { ChaosCluster, ChaosNode } from './chaos-cluster.ts'
import { describeNode } from './describe-node.ts'

/** Log lines that no fault excuses. */
const NEVER = [
  'stage-loop-failed',
  'release-failed',
  'session-not-freed',
  'link-handler-failed',
  'event-subscriber-failed',
]
const PATIENCE_MS = 60_000

/**
 * Ends a cluster whose answers are all over, and says what is left that should not be: sessions or pipelines in stages
 * that nobody uses any more, processes, and lines in logs that tell of a bug.
 */
export async function endAndFindLeaks(cluster: ChaosCluster): Promise<readonly string[]> {
  const { driver, workers, validators, market, relay, group } = cluster
  const stages = [...workers, ...validators]
  const found: string[] = []
  if (!(await driver.process.stop())) found.push('the driver did not end by itself')
  for (const stage of stages) found.push(...(await leaksOf(stage)))
  for (const { process } of [...stages, relay, market].filter((node) => node !== undefined)) {
    if (!(await process.stop())) found.push(`${process.name} did not end by itself`)
  }
  found.push(...(await leftOver(cluster)))
  for (const { name, log, complaints } of group.processes) {
    const unexpected = complaints.filter((text) => !text.startsWith('warning: '))
    found.push(...unexpected.map((text) => `${name} wrote: ${text}`))
    found.push(
      ...log.filter(({ msg }) => NEVER.includes(msg)).map((line) => `${name}: ${JSON.stringify(line)}`),
    )
  }
  return found
}

async function leaksOf({ process }: ChaosNode): Promise<readonly string[]> {
  const pipelines = await settle(async () => (await describeNode(process.address)).pipelines)
  const found = pipelines === 0 ? [] : [`${process.name} still serves ${pipelines} pipelines`]
  // Every answer was over when the driver went, so that the last pipeline of each stage had nothing open.
  const sessions = Number(process.events('released').at(-1)?.['sessions'] ?? 0)
  return sessions === 0
    ? found
    : [...found, `${process.name} held ${sessions} sessions of answers that were over`]
}

async function leftOver({ group }: ChaosCluster): Promise<readonly string[]> {
  await settle(() => Promise.resolve(group.leftOver().length))
  return group.leftOver().map((line) => `a process is left: ${line}`)
}

/** The last value of `read` when it is 0 or patience is over. */
async function settle(read: () => Promise<number>): Promise<number> {
  const overMs = systemClock.monotonic() + PATIENCE_MS
  for (;;) {
    const value = await read()
    if (value === 0 || systemClock.monotonic() > overMs) return value
    await systemClock.sleep(100)
  }
}
