import type { Clock, Random } from '@shardline/core'
import type { Supervised } from '../cluster/supervised.ts'
import type { Config } from '../config.ts'
import type { Terminal } from '../console/terminal.ts'
import type { Interrupt } from '../run/interrupt.ts'

/** What every command is given of the world. */
export interface CommandContext {
  readonly config: Config
  readonly terminal: Terminal
  readonly interrupt: Interrupt
  /** The bond to the process that started this one as a part of its cluster, if one did. */
  readonly supervised: Supervised | undefined
  readonly clock: Clock
  readonly random: Random
}
