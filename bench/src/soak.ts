import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectDriver, parseInvite } from '@shardline/client'
import type { AnswerSource } from '@shardline/client'
import { CleanupStack, InvalidValueError, SeededRandom, silentLog, systemRandom } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import { describeMachine } from './machine.ts'
import { formatDay, writeResults } from './results.ts'
import { runCommand } from './run-command.ts'
import { Role } from './soak/role-process.ts'
import type { SoakBenchOptions } from './soak/soak-bench-options.ts'
import { SoakLoad } from './soak/soak-load.ts'
import { drawSoak, renderSoakReport } from './soak/soak-report.ts'
import type { Death, ProcessSample, SoakResults } from './soak/soak-results.ts'

/** What the soak is given to work with. */
export interface SoakBenchContext {
  readonly options: SoakBenchOptions
  /** The folder `bench` of the repository. */
  readonly benchFolder: string
  readonly clock: Clock
  /** Told what is going on. */
  readonly onStatus: (text: string) => void
}

const WORKERS = 3
const VALIDATORS = 2
/** The same deaths in every run. */
const SEED = 20_260_101

interface SoakCluster {
  /** Those that are killed. */
  readonly stages: readonly Role[]
  readonly driver: Role
  readonly source: AnswerSource
}

/**
 * A cluster under full load while a stage dies every minute and comes back as a spare. Writes the results with two charts,
 * and resolves with the report and the paths of the files.
 *
 * @throws InvalidValueError where the system doesn't tell what a process holds.
 */
export async function benchSoak(
  context: SoakBenchContext,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, clock, onStatus } = context
  if (process.platform !== 'linux') {
    throw new InvalidValueError(`the soak reads /proc, which ${process.platform} doesn't have`)
  }
  const machine = await describeMachine()
  await using cleanup = new CleanupStack()
  const cluster = await startCluster(cleanup, context)
  const { streams, tokens, outFolder, ...rest } = options
  const startedMs = clock.monotonic()
  const load = new SoakLoad({ source: cluster.source, clock, tokens, streams, startedMs })
  onStatus('rehearsing')
  await load.rehearse()
  const over = new AbortController()
  const running = Promise.all([
    load.run(over.signal),
    sampleForever(cluster, { context, startedMs, signal: over.signal }),
    killForever(cluster, { context, startedMs, signal: over.signal }),
  ])
  await Promise.race([clock.sleep(options.minutes * 60_000), running])
  over.abort()
  const [, samples, deaths] = await running
  const date = formatDay(clock.now())
  const settings = { streams, tokens, ...rest }
  const results: SoakResults = {
    name: 'soak',
    date,
    machine,
    settings,
    samples,
    deaths,
    answers: load.answers,
  }
  const markdown = renderSoakReport(results)
  const folder = outFolder ?? join(benchFolder, options.isQuick ? '.cache/results' : 'results')
  const paths = await writeResults(folder, results, markdown)
  const charts = drawSoak(results)
  for (const [name, svg] of Object.entries(charts))
    await writeFile(join(folder, `soak-${date}-${name}.svg`), svg)
  return { markdown, paths }
}

async function startCluster(
  cleanup: CleanupStack,
  { benchFolder, clock }: SoakBenchContext,
): Promise<SoakCluster> {
  const keys = await mkdtemp(join(tmpdir(), 'shardline-soak-'))
  cleanup.add(() => rm(keys, { recursive: true, force: true }))
  const environment = { SHARDLINE_KEYS: keys }
  const model = ['--model', join(benchFolder, '../models/storyteller')]
  const start = async (role: string, args: readonly string[], ready: RegExp): Promise<Role> => {
    const own = new Role({ role, args, environment, ready })
    cleanup.add(() => own.stop())
    await own.start()
    return own
  }
  const stage = async (kind: string, index: number): Promise<Role> => {
    const role = `${kind}-${index + 1}`
    await newKey(role, environment)
    const args = [kind, '--listen', '127.0.0.1:0', '--key', role, '--name', role, '--threads', '1', ...model]
    return start(role, args, /^listening on (\S+)$/m)
  }
  const workers = await Promise.all(Array.from({ length: WORKERS }, (_, index) => stage('worker', index)))
  const validators = await Promise.all(
    Array.from({ length: VALIDATORS }, (_, index) => stage('validator', index)),
  )
  const list = (roles: readonly Role[]): string => roles.map(({ address }) => address).join(',')
  const args = ['driver', '--serve', '127.0.0.1:0', ...model]
  const nodes = ['--workers', list(workers.slice(0, -1)), '--validator', list(validators.slice(0, 1))]
  const spares = ['--spare-workers', list(workers.slice(-1)), '--spare-validators', list(validators.slice(1))]
  const driver = await start('driver', [...args, ...nodes, ...spares], /^invite (\S+)$/m)
  const source = await connect(driver.address, clock)
  cleanup.add(async () => source[Symbol.asyncDispose]())
  return { stages: [...workers, ...validators], driver, source }
}

async function newKey(name: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const main = new URL('main.js', import.meta.resolve('@shardline/cli')).pathname
  await runCommand({
    command: 'env',
    args: [
      ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      process.execPath,
      main,
      'keys',
      'new',
      name,
    ],
  })
}

/** Every validator's signature counts, also of one that takes over. */
async function connect(invite: string, clock: Clock): Promise<AnswerSource> {
  const { driver, addresses } = parseInvite(invite)
  const transport = new WebSocketTransport(
    { clock, log: silentLog },
    {
      self: { node: 'soak', role: 'client', software: 'bench' },
      security: { identity: await createIdentity(systemRandom) },
    },
  )
  return connectDriver(
    { transport, clock, random: systemRandom, log: silentLog },
    { driver, addresses, validators: undefined },
  )
}

interface Loop {
  readonly context: SoakBenchContext
  readonly startedMs: number
  readonly signal: AbortSignal
}

async function sampleForever(
  cluster: SoakCluster,
  { context, startedMs, signal }: Loop,
): Promise<readonly ProcessSample[]> {
  const { clock, options } = context
  const samples: ProcessSample[] = []
  while (!signal.aborted) {
    const atSeconds = (clock.monotonic() - startedMs) / 1000
    for (const role of [cluster.driver, ...cluster.stages]) {
      const measured = await role.measure()
      if (measured !== undefined) samples.push({ atSeconds, role: role.name, pid: role.pid, ...measured })
    }
    await clock.sleep(options.sampleSeconds * 1000, { signal }).catch(() => undefined)
  }
  return samples
}

async function killForever(
  cluster: SoakCluster,
  { context, startedMs, signal }: Loop,
): Promise<readonly Death[]> {
  const { clock, options, onStatus } = context
  const random = new SeededRandom(SEED)
  const deaths: Death[] = []
  for (;;) {
    await clock.sleep(options.deathSeconds * 1000, { signal }).catch(() => undefined)
    if (signal.aborted) return deaths
    const role = cluster.stages[random.integer(cluster.stages.length)]
    if (role === undefined) return deaths
    const atSeconds = (clock.monotonic() - startedMs) / 1000
    onStatus(`${atSeconds.toFixed(0)} s: ${role.name} dies`)
    deaths.push({ atSeconds, role: role.name })
    await role.kill()
    await role.start()
  }
}
