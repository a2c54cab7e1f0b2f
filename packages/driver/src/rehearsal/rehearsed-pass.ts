import type { Milliseconds } from '@shardline/core'
import type { TracedStep } from '../answer-tracer.ts'

/** What decode steps with about as many tokens in the cache took: medians over them. */
export interface RehearsedPass {
  /** Tokens in the cache, on average. */
  readonly contextTokens: number
  /** Of each stage, in milliseconds: workers in order of their layers, then the validator. */
  readonly computeMs: readonly Milliseconds[]
  /** From frame out to token in, less what the stages computed, in milliseconds: all links, with the software at their ends. */
  readonly restMs: Milliseconds
  /** From a token to the frame with its row: the driver's own time, in milliseconds. */
  readonly driverMs: Milliseconds
  /** Steps that were counted. */
  readonly steps: number
}

/** Which of a turn's steps count. */
export interface PassInit {
  /** Tokens of the turn's context: the first step has as many in the cache, each further one more. */
  readonly promptTokens: number
  /** First steps that don't count: caches fill, code is compiled. */
  readonly warmUpSteps: number
  /** Node ids of the stages in order; steps that went another way don't count. */
  readonly nodes: readonly string[]
}

/** Medians of the steps that count; undefined if none does. */
export function passOf(steps: readonly TracedStep[], init: PassInit): RehearsedPass | undefined {
  const { promptTokens, warmUpSteps, nodes } = init
  const counted = steps
    .map((step, index) => ({ step, before: steps[index - 1], contextTokens: promptTokens + index }))
    .slice(warmUpSteps)
    .filter(({ step }) => isAlone(step, nodes))
  if (counted.length === 0) return undefined
  const totals = counted.map(({ step }) => step.stages.reduce((sum, { computeMs }) => sum + computeMs, 0))
  return {
    contextTokens: counted.reduce((sum, { contextTokens }) => sum + contextTokens, 0) / counted.length,
    computeMs: nodes.map((_, place) =>
      medianOf(counted.map(({ step }) => step.stages[place]?.computeMs ?? 0)),
    ),
    restMs: medianOf(
      counted.map(({ step }, index) => Math.max(0, step.landedMs - step.sentMs - (totals[index] ?? 0))),
    ),
    driverMs: medianOf(
      counted.flatMap(({ step, before }) => (before === undefined ? [] : [step.sentMs - before.landedMs])),
    ),
    steps: counted.length,
  }
}

/** Whether it was one row, that each stage ran by itself: then what they took is its own. */
function isAlone({ rows, rowsTotal, stages }: TracedStep, nodes: readonly string[]): boolean {
  const isOne = rows === 1 && rowsTotal === 1 && stages.length === nodes.length
  return isOne && stages.every(({ node, rows: count }, place) => node === nodes[place] && count === 1)
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2
}
