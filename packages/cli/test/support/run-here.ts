import { EventEmitter } from 'node:events'
import { ManualClock, SeededRandom } from '@shardline/core'
import type { Clock, Random } from '@shardline/core'
import { readConfig } from '../../src/config.ts'
import { Interrupt } from '../../src/run/interrupt.ts'
import { run } from '../../src/run/run.ts'
import { fakeTerminal } from './fake-terminal.ts'

/** What a command that ran in this process printed. */
export interface RunHere {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a `shardline` command in this process: no time goes into starting another. Its time stands still, and its chance is always the same, unless told otherwise. */
export async function runHere(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  world: { readonly clock?: Clock; readonly random?: Random } = {},
): Promise<RunHere> {
  const fake = fakeTerminal()
  const interrupt = new Interrupt({
    source: new EventEmitter(),
    isSupervised: false,
    exit: () => undefined,
  })
  const code = await run(argv, {
    config: readConfig({ environment, home: '/nowhere' }),
    terminal: fake.terminal,
    interrupt,
    supervised: undefined,
    clock: world.clock ?? new ManualClock(0),
    random: world.random ?? new SeededRandom(1),
  })
  interrupt.close()
  return { code, stdout: fake.stdout(), stderr: fake.stderr() }
}
