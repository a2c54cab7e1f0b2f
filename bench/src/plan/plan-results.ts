import type { Machine } from '../machine.ts'

/** Who divides the layers: the planner, or everybody gets as many. */
export type Split = 'planned' | 'equal'

/** What one part of a token took, foretold and measured, in milliseconds. */
export interface PartSample {
  /** `worker 0-14`, `validator`, `links` for all of them together with the software at their ends, or `driver`. */
  readonly part: string
  readonly predictedMs: number
  readonly measuredMs: number
}

/** One answer over one cluster. */
export interface PlanSample {
  readonly model: string
  readonly cluster: string
  readonly split: Split
  readonly round: number
  /** Layers of each worker in order. */
  readonly layers: readonly string[]
  /** One token in milliseconds: foretold before loading, foretold by the rehearsal, and as it was (median). */
  readonly plannedMs: number
  readonly predictedMs: number
  readonly measuredMs: number
  /** Time from the first token to the last by the number of those after the first: with whatever was slow. */
  readonly meanMs: number
  /** What the predicted and the measured one are made of. */
  readonly parts: readonly PartSample[]
}

/** Everything that the benchmark of plans found out; this is the content of the JSON file. */
export interface PlanResults {
  readonly name: 'plan'
  /** Day in UTC, as in 2025-01-31. */
  readonly date: string
  readonly machine: Machine
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly samples: readonly PlanSample[]
}
