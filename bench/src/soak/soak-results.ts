import type { Machine } from '../machine.ts'
import type { SoakBenchOptions } from './soak-bench-options.ts'

/** What one process held at one time. */
export interface ProcessSample {
  /** Seconds since the load began. */
  readonly atSeconds: number
  readonly role: string
  /** Changes when the role was started again after a death. */
  readonly pid: number
  readonly residentMib: number
  /** Open files and sockets. */
  readonly handles: number
}

/** One death, and what came of it. */
export interface Death {
  readonly atSeconds: number
  readonly role: string
}

/** One answer of the load. */
export interface SoakAnswer {
  readonly atSeconds: number
  readonly seconds: number
  readonly tokens: number
  /** Whether a stage was replaced while it ran. */
  readonly isFailover: boolean
  /** `same` text as before all deaths, another one, or the code of the error that ended it. */
  readonly outcome: string
  /** What went wrong, in words; empty if nothing did. */
  readonly reason: string
}

/** Everything that the soak found out; this is the content of the JSON file. */
export interface SoakResults {
  readonly name: 'soak'
  /** Day in UTC, as in 2025-01-31. */
  readonly date: string
  readonly machine: Machine
  readonly settings: Omit<SoakBenchOptions, 'outFolder'>
  readonly samples: readonly ProcessSample[]
  readonly deaths: readonly Death[]
  readonly answers: readonly SoakAnswer[]
}
