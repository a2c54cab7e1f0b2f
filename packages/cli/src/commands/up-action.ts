import { CleanupStack, formatLayerRange } from '@shardline/core'
import { clusterGateway } from '../gateway/cluster-gateway.ts'
import type { Identity } from '@shardline/identity'
import { createRoleKey } from '../cluster/role-key.ts'
import { describeEnd, endToError, startRoleProcess } from '../cluster/role-process.ts'
import type { RoleProcess } from '../cluster/role-process.ts'
import { dialAddressesOf, startRoles } from '../cluster/start-roles.ts'
import type { RunningRoles } from '../cluster/start-roles.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { PipelineOptions } from '../options/model-options.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import { serveArguments } from '../options/serve-options.ts'
import type { ServeOptions } from '../options/serve-options.ts'
import type { SamplingFlags } from '../options/sampling-flags.ts'
import { EXIT_CODES } from '../run/exit-code.ts'
import type { CommandContext } from './command-context.ts'
import { samplingArguments } from './sampling-arguments.ts'

/** Where a driver serves that only a gateway has to find. */
const ANY_PORT: ListenAddress = { host: '127.0.0.1', port: 0 }

/** Options of `shardline up`. */
export type UpOptions = PipelineOptions &
  SamplingFlags &
  ServeOptions & {
    readonly prompt: string | undefined
    readonly once: string | undefined
    readonly system: string | undefined
    readonly quiet: boolean | undefined
    /** Workers, and as many validators, that stand by. */
    readonly spares: number
    /** Port of a gateway in front of `serve`; undefined: there's none. */
    readonly gateway: number | undefined
  }

/** Starts a local cluster as processes, lets its driver have the terminal, and ends all of them together. */
export async function runUp(options: UpOptions, context: CommandContext): Promise<void> {
  const { config, terminal, interrupt } = context
  const isQuiet = options.quiet === true
  await using cleanup = new CleanupStack()
  const driverKey = await createRoleKey(context.random)
  const { identity } = await createRoleKey(context.random)
  const roles = await startRoles({
    random: context.random,
    driver: driverKey.identity.id,
    workers: options.workers,
    spares: options.spares,
    threads: options.threads,
    isSpinning: options.spin,
    models: config,
    signal: interrupt.signal,
    onLine: (name, line) => terminal.note(`${terminal.style('stderr', 'dim', `${name} |`)} ${line}\n`),
  })
  cleanup.add(() => roles.stop())
  if (!isQuiet) {
    const nameWidth = Math.max(...allOf(roles).map(({ name }) => name.length))
    for (const role of allOf(roles)) {
      terminal.note(`${role.name.padEnd(nameWidth)} ${role.address}  process ${role.pid}\n`)
    }
  }
  const driver = await startRoleProcess({
    name: 'driver',
    commandLine: driverCommandLine(
      options.gateway === undefined ? options : withGateway(options, identity),
      roles,
    ),
    isForeground: true,
    key: driverKey,
    allow: [],
    onLine: () => undefined,
    models: config,
    signal: interrupt.signal,
    startMsMax: Infinity,
  })
  cleanup.add(() => driver.stop())
  if (options.gateway !== undefined) {
    const gateway = await clusterGateway(
      { driver, validator: roles.validator, identity, port: options.gateway, isQuiet },
      context,
    )
    cleanup.add(async () => gateway[Symbol.asyncDispose]())
  }
  const watched = options.spares === 0 ? allOf(roles) : []
  if (options.spares > 0 && !isQuiet) cleanup.add(noteDeaths(allOf(roles), context))
  await supervise([driver, ...watched], interrupt.signal)
}

function allOf({ workers, validator, spares }: RunningRoles): readonly RoleProcess[] {
  return [...workers, validator, ...spares.workers, ...spares.validators]
}

/** The driver's command line: what this command was told, and where the others listen. */
function driverCommandLine(options: UpOptions, roles: RunningRoles): readonly string[] {
  const line = [
    'driver',
    `--workers=${roles.workers.map((worker) => worker.dialAddress).join(',')}`,
    `--validator=${roles.validator.dialAddress}`,
    `--model=${modelOrBundled(options.model)}`,
    `--precision=${options.precision}`,
  ]
  const spares = dialAddressesOf(roles.spares)
  if (spares.workers.length > 0) line.push(`--spare-workers=${spares.workers.join(',')}`)
  if (spares.validators.length > 0) line.push(`--spare-validators=${spares.validators.join(',')}`)
  if (options.layers !== undefined) line.push(`--layers=${options.layers.map(formatLayerRange).join(',')}`)
  if (options.context !== undefined) line.push(`--context=${options.context}`)
  if (options.prefillChunk !== undefined) line.push(`--prefill-chunk=${options.prefillChunk}`)
  if (options.system !== undefined) line.push(`--system=${options.system}`)
  if (options.once !== undefined) line.push(`--prompt=${options.once}`)
  if (options.prompt !== undefined) line.push(`--prompt=${options.prompt}`, '--interactive')
  if (options.quiet === true) line.push('--quiet')
  return [...line, ...samplingArguments(options), ...serveArguments(options)]
}

/** A gateway asks the driver as any other user does: the driver serves, and the gateway is among those who may ask. */
function withGateway(options: UpOptions, { id }: Identity): UpOptions {
  const allow = options.allow.length === 0 ? [] : [...options.allow, id]
  return { ...options, serve: options.serve ?? ANY_PORT, allow }
}

/** Where others stand by, a stage that ends is the driver's to replace. What it returns ends the notes. */
function noteDeaths(stages: readonly RoleProcess[], { terminal }: CommandContext): () => void {
  let isOver = false
  for (const { name, ended } of stages) {
    void ended.then((end) => {
      if (!isOver) terminal.note(`${name} ended with ${describeEnd(end)}\n`)
    })
  }
  return () => {
    isOver = true
  }
}

/**
 * Waits until the driver is done, or something else ends that should not.
 *
 * @throws RemoteError or RoleEndedError if a process failed; the interrupt's reason.
 */
async function supervise(processes: readonly RoleProcess[], signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const ends = processes.map(async (process, index) => ({ process, index, end: await process.ended }))
  const first = await Promise.race([...ends, interrupted])
  if (first === undefined) return
  const { process, index, end } = first
  const isDriverDone = index === 0 && end.code === EXIT_CODES.ok
  if (!isDriverDone) throw endToError(process.name, end)
}
