import type { Machine } from '../machine.ts'

/** Who divides the layers: the planner, or everybody gets as many. */
export type Split = 'planned' | 'equal'

/** One answer over one cluster. */
export interface PlanSample {
  readonly cluster: string
  readonly split: Split
  readonly round: number
  /** Layers of each worker in order. */
  readonly layers: readonly string[]
  /** One token in milliseconds: foretold before loading, foretold by the loaded stages, and as it was (median). */
  readonly plannedMs: number
  readonly predictedMs: number
  readonly measuredMs: number
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
