import { CleanupStack } from '@shardline/core'
import { clusterGateway } from '../gateway/cluster-gateway.ts'
import type { Identity } from '@shardline/identity'
import { createRoleKey } from '../cluster/role-key.ts'
import { startRoleProcess } from '../cluster/role-process.ts'
import { startRoles } from '../cluster/start-roles.ts'
import { allOf, noteDeaths, supervise } from '../cluster/supervise.ts'
import type { ListenAddress } from '../options/parse-address.ts'
import type { CommandContext } from './command-context.ts'
import { driverCommandLine } from './driver-command-line.ts'
import type { UpOptions } from './up-options.ts'

/** Where a driver serves that only a gateway has to find. */
const ANY_PORT: ListenAddress = { host: '127.0.0.1', port: 0 }

/** Starts a local cluster as processes, lets its driver have the terminal, and ends all of them together. */
export async function runUp(options: UpOptions, context: CommandContext): Promise<void> {
  if (options.paid === true) {
    const { runPaidUp } = await import('./up-paid-action.ts')
    await runPaidUp(options, context)
    return
  }
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

/** A gateway asks the driver as any other user does: the driver serves, and the gateway is among those who may ask. */
function withGateway(options: UpOptions, { id }: Identity): UpOptions {
  const allow = options.allow.length === 0 ? [] : [...options.allow, id]
  return { ...options, serve: options.serve ?? ANY_PORT, allow }
}
