import type { Flow, Protection } from '../link/link-results.ts'
import type { Machine } from '../machine.ts'
import type { Sample } from '../measure-rounds.ts'
import type { SubjectNote } from '../results.ts'
import type { HopFlow } from './hop-workload.ts'

/** Time per frame through one hop in one round. */
export interface HopSample {
  readonly model: string
  readonly protection: Protection
  readonly workload: string
  readonly flow: HopFlow
  readonly round: number
  readonly frameUs: number
}

/** Time per frame over a link that does nothing else, in one round. */
export interface LinkSample {
  readonly protection: Protection
  readonly flow: Flow
  /** Bytes of the hidden states in a frame. */
  readonly bytes: number
  readonly round: number
  readonly frameUs: number
}

/** Everything that the benchmark of sealing found out; this is the content of the JSON file. */
export interface SealingResults {
  readonly name: 'sealing'
  /** Day in UTC, as in 2025-01-31. */
  readonly date: string
  readonly machine: Machine
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly subjects: readonly SubjectNote[]
  /** Subjects are named for the protection of their links. */
  readonly pipelines: readonly Sample[]
  readonly hops: readonly HopSample[]
  readonly links: readonly LinkSample[]
}
