import { systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../../../bench/results/', import.meta.url))

/** Writes `market-<day>.json` beside the results of the benchmarks, with the machine that they were taken on. */
export async function writeResults(
  found: Readonly<Record<string, unknown>>,
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<string> {
  const date = new Date(clock.now()).toISOString().slice(0, 10)
  const machine = {
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    platform: `${process.platform} ${process.arch}`,
    loadAfter: loadavg()[0] ?? 0,
    node: process.version,
  }
  await mkdir(FOLDER, { recursive: true })
  const path = `${FOLDER}market-${date}.json`
  await writeFile(path, `${JSON.stringify({ name: 'market', date, machine, ...found }, undefined, 1)}\n`)
  return path
}
