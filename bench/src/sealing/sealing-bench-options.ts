import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'

/** How long the benchmark of sealing is. */
export interface SealingBenchOptions {
  /** Names or paths of models. */
  readonly models: readonly string[]
  readonly rounds: number
  /** Of each stage. */
  readonly threads: number
  /** Bytes of hidden states in frames of the link alone. */
  readonly linkSizes: readonly number[]
  /** Frames of one measurement of the link alone. */
  readonly linkFrames: number
  readonly isQuick: boolean
  /** Undefined means the usual place. */
  readonly outFolder: string | undefined
  readonly testModelsFolder: string | undefined
}

const ROUNDS_MAX = 1000
const THREADS_MAX = 1024

/**
 * Reads the command line after `sealing`; `help.txt` describes it.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parseSealingBenchOptions(args: readonly string[]): SealingBenchOptions {
  const values = readArguments(args)
  const isQuick = values.quick === true
  const rounds = values.rounds ?? (isQuick ? '1' : '15')
  const testModels = values['test-models'] ?? ''
  const usual = testModels === '' ? 'bundled' : 'smollm2'
  return {
    models: (values.models ?? usual).split(',').flatMap((name) => name.trim() || []),
    rounds: readCount('--rounds', rounds, ROUNDS_MAX),
    threads: readCount('--threads', values.threads ?? String(availableParallelism()), THREADS_MAX),
    linkSizes: (isQuick ? [16] : [4, 16, 64, 256]).map((kib) => kib * 1024),
    linkFrames: isQuick ? 20 : 1000,
    isQuick,
    outFolder: values.out,
    testModelsFolder: testModels === '' ? undefined : testModels,
  }
}

function readArguments(args: readonly string[]) {
  const options = {
    models: { type: 'string' },
    rounds: { type: 'string' },
    threads: { type: 'string' },
    quick: { type: 'boolean' },
    out: { type: 'string' },
    'test-models': { type: 'string' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function readCount(option: string, text: string, most: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (count >= 1 && count <= most) return count
  throw new InvalidValueError(`${option} is "${text}"; it must be an integer from 1 to ${most}`)
}
