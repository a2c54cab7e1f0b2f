import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { arch, availableParallelism, cpus } from 'node:os'
import { dirname, join } from 'node:path'
import type { Clock } from '@shardline/core'
import { runtimeInfo } from '@shardline/engine'
import type { EngineOptions, EngineSpeed } from '@shardline/engine'
import { localMachine } from '@shardline/node'
import type { Machine } from '@shardline/node'
import { MACHINE_FACTS_MS_MAX, MACHINE_LOCK_MS_MAX } from '../limits.ts'
import { VERSION } from '../version.ts'

/** What {@link rememberedMachine} works with. */
export interface RememberedMachineInit {
  readonly clock: Clock
  readonly cacheFolder: string
  readonly engine: EngineOptions
}

interface MachineFacts {
  readonly numericClass: string
  readonly speed: EngineSpeed
}

const POLL_MS = 50

/**
 * This machine, with its measurements kept in the cache folder: they take longer than starting everything else.
 *
 * Of several role processes that start together, one measures, undisturbed, and the others take its result; so a local
 * cluster plans with one speed for its one machine. What is kept holds for the same processor, runtime, version and threads.
 */
export function rememberedMachine(init: RememberedMachineInit): Machine {
  const measured = localMachine({ clock: init.clock }, init.engine)
  let facts: Promise<MachineFacts> | undefined
  const once = (): Promise<MachineFacts> => {
    facts ??= readOrMeasure(measured, init).catch((cause: unknown) => {
      facts = undefined
      throw cause
    })
    return facts
  }
  return {
    threads: measured.threads,
    memory: () => measured.memory(),
    numericClass: async () => (await once()).numericClass,
    speed: async () => (await once()).speed,
  }
}

async function readOrMeasure(machine: Machine, init: RememberedMachineInit): Promise<MachineFacts> {
  const { clock } = init
  const path = join(init.cacheFolder, 'machine', `${keyOf(machine, init)}.json`)
  const deadlineMs = clock.monotonic() + MACHINE_LOCK_MS_MAX
  while (clock.monotonic() < deadlineMs) {
    const known = await read(path, clock)
    if (known !== undefined) return known
    if (await takeLock(path, clock)) {
      try {
        const facts = await measure(machine)
        await write(path, facts)
        return facts
      } finally {
        await rm(lockOf(path), { force: true })
      }
    }
    await clock.sleep(POLL_MS)
  }
  return measure(machine)
}

async function measure(machine: Machine): Promise<MachineFacts> {
  // One after the other: they would disturb each other's times.
  const numericClass = await machine.numericClass()
  return { numericClass, speed: await machine.speed() }
}

/** Everything that a measurement depends on, as a file name. */
function keyOf(machine: Machine, init: RememberedMachineInit): string {
  const facts = [
    VERSION,
    runtimeInfo().version,
    process.platform,
    arch(),
    cpus()[0]?.model ?? '',
    availableParallelism(),
    machine.threads,
    init.engine.isSpinning ?? true,
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)
}

async function read(path: string, clock: Clock): Promise<MachineFacts | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    if (clock.now() - mtimeMs > MACHINE_FACTS_MS_MAX) return undefined
    return parse(JSON.parse(text))
  } catch {
    // Missing or damaged: it is measured again.
    return undefined
  }
}

function parse(value: unknown): MachineFacts | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { numericClass, decodeMs, prefillMs, layerMs, runMs } = value as Readonly<Record<string, unknown>>
  const isSpeed = (ms: unknown): ms is number => typeof ms === 'number' && ms >= 0
  if (typeof numericClass !== 'string') return undefined
  if (!isSpeed(decodeMs) || !isSpeed(prefillMs) || !isSpeed(layerMs) || !isSpeed(runMs)) return undefined
  return { numericClass, speed: { decodeMs, prefillMs, layerMs, runMs } }
}

async function write(path: string, facts: MachineFacts): Promise<void> {
  const half = `${path}.${process.pid}`
  try {
    await writeFile(half, JSON.stringify({ numericClass: facts.numericClass, ...facts.speed }))
    await rename(half, path)
  } catch {
    // A cache that can't be written costs time only.
    await rm(half, { force: true }).catch(() => undefined)
  }
}

const lockOf = (path: string): string => `${path}.lock`

/** Whether this process is the one to measure; also if there is no way to agree with others. */
async function takeLock(path: string, clock: Clock): Promise<boolean> {
  const lock = lockOf(path)
  try {
    await mkdir(dirname(path), { recursive: true })
    await (await open(lock, 'wx')).close()
    return true
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'EEXIST') return true
  }
  const heldSince = await stat(lock).then(
    ({ mtimeMs }) => mtimeMs,
    () => clock.now(),
  )
  if (clock.now() - heldSince > MACHINE_LOCK_MS_MAX) await rm(lock, { force: true })
  return false
}
