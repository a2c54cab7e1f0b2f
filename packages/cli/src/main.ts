#!/usr/bin/env node
import { fromUnknown, systemClock, systemRandom } from '@shardline/core'
import { Supervised } from './cluster/supervised.ts'
import { readConfig } from './config.ts'
import type { Config } from './config.ts'
import { Terminal } from './console/terminal.ts'
import { exitCodeOf } from './run/exit-code.ts'
import { Interrupt } from './run/interrupt.ts'
import { isJsonWanted, reportFailure } from './run/report-failure.ts'
import { run } from './run/run.ts'

/** Assembles the world that a command sees, runs it, and ends the process with its exit code. */
async function main(): Promise<never> {
  const argv = process.argv.slice(2)
  const exit = (code: number): never => process.exit(code)
  const isSupervised = process.send !== undefined
  const interrupt = new Interrupt({ source: process, isSupervised, exit })
  const supervised = isSupervised ? new Supervised({ channel: process, interrupt, exit }) : undefined
  const openTerminal = (config: Pick<Config, 'colour' | 'isDumbTerminal'>): Terminal =>
    new Terminal({
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      colour: config.colour,
      isDumb: config.isDumbTerminal,
      onOutputClosed: () => interrupt.stop(),
    })
  let terminal: Terminal
  let config: Config
  try {
    config = readConfig()
    terminal = openTerminal(config)
  } catch (cause) {
    const error = fromUnknown(cause)
    terminal = openTerminal({ colour: 'auto', isDumbTerminal: true })
    reportFailure(error, { terminal, isJson: isJsonWanted(argv) })
    process.exit(exitCodeOf(error))
  }
  const code = await run(argv, {
    config,
    terminal,
    interrupt,
    supervised,
    clock: systemClock,
    random: systemRandom,
  })
  await terminal.flush()
  process.exit(code)
}

await main()
